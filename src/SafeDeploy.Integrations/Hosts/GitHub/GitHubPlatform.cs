using System.Collections.Immutable;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>A step as a container action of GitHub.</summary>
/// <param name="event">Text of the event's file; empty when there is none.</param>
/// <param name="token">Makes a text that nobody knows.</param>
public sealed class GitHubPlatform(ImmutableDictionary<string, string> variables, string @event, TextWriter output, Func<string> token, TimeProvider time) : IHostPlatform
{
    private const string StatePrefix = "safe_deploy_";

    private readonly GitHubContext _context = GitHubContext.Of(variables, @event);
    private readonly GitHubFiles _files = new(GitHubContext.Of(variables, @event), token);
    private IReadOnlySet<string>? _changed;

    public HostLog Log { get; } = new GitHubLog(output, token());

    public ImmutableDictionary<string, string> Inputs { get; } = GitHubInputs.Read(variables);

    public InputWords Words => GitHubInputs.Words;

    public IEnumerable<WrongInput> Wrong => GitHubInputs.Unknown(variables);

    public string JobStatus => Inputs["job-status"];

    /// <summary>A skipped main has no post here.</summary>
    public bool MainRan => true;

    public string Workspace => _context.Workspace;

    public ImmutableArray<string> Secrets => Inputs["github-token"] is { Length: > 0 } given ? [given] : [];

    public int MarkdownLimit => GitHubPlan.MarkdownLimit;

    public void Dispose() => Log.Dispose();

    public string LoopbackHint(string host) =>
        $"database.url names {host}: inside a container action that is the action itself. The host of a service is its id, for example postgres, with the port of its container.";

    public void Record(string name, string value) => _files.State(StatePrefix + name, value);

    public string? Recorded(string name) => variables.GetValueOrDefault($"STATE_{StatePrefix}{name}");

    public void Mask(IEnumerable<string> secrets) =>
        Log.Commands(secrets.SelectMany(s => SecretForms.Of(s)).Distinct(StringComparer.Ordinal).Select(GitHubCommands.Mask));

    public void Annotate(IEnumerable<HostAnnotation> annotations) => Log.Commands(annotations.Select(GitHubCommands.Annotation));

    public void Output(string name, string value) => _files.Output(name, value);

    public void Summarise(string title, StepResult result, Redactor redactor)
    {
        if (StepSummary.Of(title, result, StepSummary.Limit) is { } summary)
            _files.Summary(redactor.Clean(summary));
    }

    private bool MayAsk => Inputs["github-token"].Length > 0 && _context.Repository.Length > 0;

    public async Task<IReadOnlySet<string>?> ChangedAsync(Redactor redactor, CancellationToken cancellation)
    {
        if (_context.PullRequest is not { } pull || !MayAsk)
            return null;
        using var rest = new GitHubRest(_context.ApiUrl, Inputs["github-token"], time);
        return _changed = await Teller(rest, redactor).ChangedAsync(pull, cancellation);
    }

    public async Task TellAsync(StepResult result, Redactor redactor, CancellationToken cancellation)
    {
        if (result.Code == (int)ExitCode.Cancelled || !MayAsk)
        {
            if (result.Plan is { } plan)
                Annotate(plan.Annotations(null, StepInputs.ConfigFolder(Inputs)).Select(a => a.Cleaned(redactor)));
            return;
        }

        using var rest = new GitHubRest(_context.ApiUrl, Inputs["github-token"], time);
        await Teller(rest, redactor).TellAsync(result, _changed, cancellation);
    }

    private GitHubTeller Teller(GitHubRest rest, Redactor redactor) => new(_context, Inputs, new GitHubReports(rest, _context.Repository, time), redactor, Annotate);
}
