using System.Globalization;
using System.Text;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>Lines that the Azure Pipelines agent reads out of a task's output, and lines that it must not. Pure.</summary>
/// <remarks>Azure docs, "Logging commands"; escaping as the agent undoes it: <c>%AZP25</c> last.</remarks>
public static class AzureCommands
{
    /// <summary>What the agent keeps of one issue.</summary>
    private const int LongestMessage = 4000;

    /// <summary><c>##vso[AREA.EVENT name=value;…]data</c>; a property without a value is left away.</summary>
    public static string Of(string command, string data, params (string Name, string Value)[] properties)
    {
        var given = string.Join("", properties.Where(p => p.Value.Length > 0).Select(p => $"{p.Name}={Property(p.Value)};"));
        return $"##vso[{command}{(given.Length > 0 ? " " : "")}{given}]{Data(data)}";
    }

    public static string Secret(string secret) => Of("task.setsecret", secret);

    /// <summary>A result that later tasks, jobs and stages read as <c>STEP.NAME</c>.</summary>
    public static string Output(string name, string value) => Of("task.setvariable", value, ("variable", name), ("isOutput", "true"), ("issecret", "false"));

    /// <summary>For the post job execution of the same task.</summary>
    public static string TaskVariable(string name, string value) => Of("task.settaskvariable", value, ("variable", name), ("issecret", "false"));

    public static string Progress(int percent, string what) => Of("task.setprogress", what, ("value", percent.ToString(CultureInfo.InvariantCulture)));

    /// <param name="path">Absolute, of a Markdown file that stays until the job has ended.</param>
    public static string Summary(string path) => Of("task.uploadsummary", path);

    public static string Artifact(string name, string path) => Of("artifact.upload", path, ("containerfolder", name), ("artifactname", name));

    public static string BuildTag(string tag) => Of("build.addbuildtag", tag);

    /// <summary>A tag stands in the address of the call that removes it.</summary>
    public static string TagText(string text) => string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));

    public static string Group(string title) => $"##[group]{Neutral(title)}";

    public const string EndGroup = "##[endgroup]";

    /// <summary>Azure knows errors and warnings; a notice is a line of the log.</summary>
    public static string Annotation(HostAnnotation one)
    {
        var text = one.Title.Length > 0 && one.Title != "safe-deploy" ? $"{one.Title}: {one.Message}" : one.Message;
        if (text.Length > LongestMessage)
            text = text[..LongestMessage] + " …";
        if (one.Level is not ("error" or "warning"))
            return Neutral($"note: {text.ReplaceLineEndings(" ")}");
        return Of(
            "task.logissue", text, ("type", one.Level), ("sourcepath", one.File),
            ("linenumber", one.File.Length > 0 && one.Line > 0 ? one.Line.ToString(CultureInfo.InvariantCulture) : ""), ("code", one.Code));
    }

    /// <summary>A line of others: no two <c>#</c> stay joined before what could be a command, whatever invisible sign stands between them.</summary>
    public static string Neutral(string line)
    {
        if (!line.Contains('#', StringComparison.Ordinal))
            return line;
        var safe = new StringBuilder(line.Length + 8);
        var hashes = 0;
        foreach (var c in line)
        {
            // A comparison by culture does not see these: they would hide between the signs of a command.
            if (hashes > 0 && char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark)
                continue;
            if (hashes >= 2 && c is not ('#' or ' '))
                safe.Append(' ');
            hashes = c == '#' ? hashes + 1 : 0;
            safe.Append(c);
        }

        return safe.ToString();
    }

    private static string Data(string text) => text
        .Replace("%", "%AZP25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace("]", "%5D", StringComparison.Ordinal).Replace(";", "%3B", StringComparison.Ordinal);
}
