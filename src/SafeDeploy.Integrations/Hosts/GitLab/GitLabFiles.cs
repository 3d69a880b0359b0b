using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>The files by which a job hands values to later jobs, to the merge request, and to its own <c>after_script</c>.</summary>
/// <remarks>docs.gitlab.com/ci/yaml/artifacts_reports: "dotenv" (at most 20 variables and 5 KB), "codequality".</remarks>
public sealed class GitLabFiles(GitLabContext context)
{
    /// <summary>From the checkout; what is in it becomes the job's artifact.</summary>
    public const string Folder = ".safe-deploy";

    /// <summary>Variables of the jobs that need this one.</summary>
    public const string Outputs = $"{Folder}/outputs.env";

    public const string CodeQuality = $"{Folder}/code-quality.json";

    // Eight values, their names and line ends stay below the 5 KB that GitLab takes of the whole file.
    private const int LongestValue = 500;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private ImmutableSortedDictionary<string, string> _outputs = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Each step writes the file anew: the last one's results are the job's.</summary>
    public void Output(string name, string value)
    {
        _outputs = _outputs.SetItem(VariableOf(name), Dotenv(value));
        Write(Outputs, string.Concat(_outputs.Select(o => $"{o.Key}={o.Value}\n")));
    }

    public void Summary(string step, string markdown) => Write($"{Folder}/{step}.md", markdown);

    public void Quality(string json) => Write(CodeQuality, json);

    /// <summary>For the <c>after_script</c> of the same job: what the main script exports never reaches it.</summary>
    public void Record(string name, string value) =>
        Write(Kept, JsonSerializer.Serialize(Recorded().SetItem(name, value), GitLabJson.Default.ImmutableDictionaryStringString));

    /// <summary>Empty when the main script of this job recorded nothing.</summary>
    public ImmutableDictionary<string, string> Recorded()
    {
        var path = PathOf(Kept);
        if (context.Workspace.Length == 0 || !File.Exists(path))
            return ImmutableDictionary<string, string>.Empty;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), GitLabJson.Default.ImmutableDictionaryStringString) ?? ImmutableDictionary<string, string>.Empty;
        }
        catch (JsonException)
        {
            // Written by a process that was killed meanwhile: the inputs of now are the next best.
            return ImmutableDictionary<string, string>.Empty;
        }
    }

    public static string VariableOf(string output) => $"SAFE_DEPLOY_OUTPUT_{output.ToUpperInvariant().Replace('-', '_')}";

    /// <summary>One line, inside the limit, and nothing that GitLab would expand where the variable is used.</summary>
    public static string Dotenv(string value)
    {
        var line = new StringBuilder();
        foreach (var rune in value.EnumerateRunes())
        {
            var text = Rune.IsControl(rune) ? " " : rune.Value is '$' or '%' ? "" : rune.ToString();
            if (Utf8.GetByteCount(line.ToString()) + Utf8.GetByteCount(text) > LongestValue)
                break;
            line.Append(text);
        }

        return line.ToString().Trim();
    }

    private string Kept => $"{Folder}/job-{context.JobId}.json";

    private string PathOf(string file) => Path.Combine(context.Workspace, file);

    private void Write(string file, string text)
    {
        if (context.Workspace.Length == 0 || !Directory.Exists(context.Workspace))
            return;
        Directory.CreateDirectory(PathOf(Folder));
        File.WriteAllText(PathOf(file), text, Utf8);
    }
}
