using System.Collections.Immutable;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>What a task gets from its Node shim beside the agent's own variables.</summary>
/// <param name="Token">Of the agent's SystemVssConnection; empty outside an agent.</param>
/// <param name="GitHubToken">Of the service connection that the inputs name; empty without one.</param>
/// <param name="IsInImage">The program runs in its container image, not on the agent itself.</param>
public sealed record AzureHandOver(string Token, string GitHubToken, bool IsInImage);

/// <summary>A step as a task of Azure Pipelines.</summary>
/// <param name="discussion">The repository at GitHub by address, name and token: Azure Pipelines builds these too.</param>
public sealed class AzurePlatform(
    ImmutableDictionary<string, string> variables, AzureHandOver handOver, TextWriter output, Func<Uri, string, string, IChangeDiscussion> discussion, Func<string> random, TimeProvider time) : IHostPlatform
{
    /// <summary>Set by the shim when main starts; it is why a post step knows that there was one.</summary>
    public const string Started = "SAFE_DEPLOY_STARTED";

    private const string TaskVariables = "VSTS_TASKVARIABLE_";
    private const string Prefix = "safe_deploy_";

    private readonly AzureContext _context = AzureContext.Of(variables);
    private AzureChange _change = AzureChange.Unknown;

    public HostLog Log { get; } = new AzureLog(output);

    public ImmutableDictionary<string, string> Inputs { get; } = AzureInputs.Read(variables);

    public InputWords Words => AzureInputs.Words;

    public IEnumerable<WrongInput> Wrong => AzureInputs.Unresolved(Inputs).Concat(AzureInputs.Unknown(variables));

    public string JobStatus => _context.JobStatus;

    /// <summary>Azure runs the post of every enabled task, also of one whose main was skipped.</summary>
    public bool MainRan => variables.ContainsKey(TaskVariables + Started);

    public string Workspace => _context.Workspace;

    public ImmutableArray<string> Secrets => [.. new[] { handOver.Token, handOver.GitHubToken }.Where(t => t.Length > 0)];

    public int MarkdownLimit => AzureReports.BodyLimit - 1024;

    public void Dispose() => Log.Dispose();

    public string? LoopbackHint(string host) => handOver.IsInImage
        ? $"database.url names {host}: with runIn: image that is the task's own container. host.docker.internal is the agent; with runIn: binary {host} is it too."
        : null;

    public string? ToolsHint(ImmutableArray<string> missing) => handOver.IsInImage
        ? null
        : $"{string.Join(" and ", missing)} {(missing.Length == 1 ? "is" : "are")} not on this agent, and the backup needs {(missing.Length == 1 ? "it" : "them")}: runIn: image brings the client tools, or install postgresql-client of the server's major version or newer.";

    public void Record(string name, string value) => Log.Commands([AzureCommands.TaskVariable(Kept(name), value)]);

    public string? Recorded(string name) => variables.GetValueOrDefault(TaskVariables + Kept(name).ToUpperInvariant());

    public void Mask(IEnumerable<string> secrets) =>
        Log.Commands(secrets.SelectMany(s => SecretForms.Of(s)).Distinct(StringComparer.Ordinal).Select(AzureCommands.Secret));

    public void Annotate(IEnumerable<HostAnnotation> annotations) => Log.Commands(annotations.Select(AzureCommands.Annotation));

    public void Output(string name, string value) => Log.Commands([AzureCommands.Output(AzureInputs.Name(name), value)]);

    public void Progress(string what, int done, int total)
    {
        if (total > 0)
            Log.Commands([AzureCommands.Progress(Math.Clamp(done * 100 / total, 0, 100), $"{what.Trim()} {done}/{total}")]);
    }

    public void Keep(string path)
    {
        if (Inputs["artifact"] is { Length: > 0 } name and not "off")
            Log.Commands([AzureCommands.Artifact(name, path)]);
    }

    public void Summarise(string title, StepResult result, Redactor redactor)
    {
        if (StepSummary.Of(title, result, StepSummary.Limit) is not { } summary || _context.Temp.Length == 0)
            return;
        // Shown under the file's name; a folder of its own, because another step may have the same.
        var folder = Directory.CreateDirectory(Path.Combine(_context.Temp, "safe-deploy", random()));
        var file = Path.Combine(folder.FullName, $"safe-deploy {title}.md");
        File.WriteAllText(file, redactor.Clean(summary));
        Log.Commands([AzureCommands.Summary(file)]);
    }

    public async Task<IReadOnlySet<string>?> ChangedAsync(Redactor redactor, CancellationToken cancellation)
    {
        if (_context.PullRequest is not null && handOver.Token.Length > 0)
            await SpeakAsync(redactor, async teller => _change = await teller.ChangeAsync(cancellation));
        return _change.Paths;
    }

    public async Task TellAsync(StepResult result, Redactor redactor, CancellationToken cancellation)
    {
        if (Inputs["build-tags"] == "true" && result.Outcome is { Report: { } report, Conclusion: { } conclusion })
            Log.Commands([AzureCommands.BuildTag(AzureCommands.TagText($"safe-deploy-{report.Environment}-{conclusion}"))]);
        if (result.Code == (int)ExitCode.Cancelled || handOver.Token.Length == 0)
        {
            if (result.Plan is { } plan)
                Annotate(plan.Annotations(null, StepInputs.ConfigFolder(Inputs)).Select(a => a.Cleaned(redactor)));
            return;
        }

        await SpeakAsync(redactor, teller => teller.TellAsync(result, _change, cancellation));
    }

    private async Task SpeakAsync(Redactor redactor, Func<AzureTeller, Task> act)
    {
        using var rest = new AzureRest(_context.Collection, handOver.Token, time);
        using var github = _context is { IsGitHub: true, RepositoryUrl: { } url } && handOver.GitHubToken.Length > 0 ? discussion(url, _context.RepositoryName, handOver.GitHubToken) : null;
        await act(new AzureTeller(
            _context, Inputs, new AzureReports(rest, _context, time), github, redactor, annotations => Annotate(annotations.Select(a => a.Cleaned(redactor)))));
    }

    private static string Kept(string name) => Prefix + name.Replace("-", "", StringComparison.Ordinal);
}
