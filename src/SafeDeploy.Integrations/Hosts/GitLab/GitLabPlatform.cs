using System.Collections.Immutable;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>A step in the script of a GitLab job; its post is the job's <c>after_script</c>.</summary>
public sealed class GitLabPlatform(ImmutableDictionary<string, string> variables, TextWriter output, TimeProvider time) : IHostPlatform
{
    private readonly GitLabContext _context = GitLabContext.Of(variables);
    private readonly GitLabFiles _files = new(GitLabContext.Of(variables));

    public HostLog Log { get; } = new GitLabLog(output, time);

    public ImmutableDictionary<string, string> Inputs { get; } = GitLabInputs.Read(variables);

    public InputWords Words => GitLabInputs.Words;

    public IEnumerable<WrongInput> Wrong => GitLabInputs.Unknown(variables);

    public string JobStatus => _context.JobStatus;

    /// <summary>
    /// <c>after_script</c> runs too where <c>before_script</c> failed and the step was never reached. The ledger is asked all the same:
    /// an earlier job of the pipeline may have left its deployment to this one.
    /// </summary>
    public bool MainRan => true;

    public string Workspace => _context.Workspace;

    public ImmutableArray<string> Secrets => Token.Length > 0 ? [Token] : [];

    public int MarkdownLimit => GitLabTeller.NoteLimit - 1024;

    private string Token => variables.GetValueOrDefault(GitLabInputs.Token, "");

    public void Dispose() => Log.Dispose();

    /// <summary>With the shell executor the job's machine is meant.</summary>
    public string? LoopbackHint(string host) => _context.IsDisposable
        ? $"database.url names {host}: inside a job's container that is the container itself. The host of a service is its alias or the name of its image, for example postgres."
        : null;

    public void Record(string name, string value) => Try(() => _files.Record(name, value));

    public string? Recorded(string name) => _files.Recorded().GetValueOrDefault(name);

    /// <summary>The runner has no command for it: it masks the variables that the project marked, and the redactor everything that the configuration calls a secret.</summary>
    public void Mask(IEnumerable<string> secrets)
    {
    }

    public void Annotate(IEnumerable<HostAnnotation> annotations) => Log.Commands(annotations.Select(GitLabCommands.Annotation));

    public void Output(string name, string value) => Try(() => _files.Output(name, value));

    public void Summarise(string title, StepResult result, Redactor redactor)
    {
        if (StepSummary.Of(title, result, StepSummary.Limit) is { } summary)
            Try(() => _files.Summary(result.IsPost ? $"{result.Step}-post" : result.Step, redactor.Clean(summary)));
    }

    public async Task<IReadOnlySet<string>?> ChangedAsync(Redactor redactor, CancellationToken cancellation)
    {
        IReadOnlySet<string>? changed = null;
        await SpeakAsync(redactor, async teller => changed = await teller.ChangedAsync(cancellation));
        return changed;
    }

    public async Task TellAsync(StepResult result, Redactor redactor, CancellationToken cancellation)
    {
        if (result.Plan is { } plan)
        {
            var folder = StepInputs.ConfigFolder(Inputs);
            Try(() => _files.Quality(GitLabCodeQuality.Of(plan, folder, redactor)));
            Annotate(plan.Annotations(null, folder).Select(a => a.Cleaned(redactor)));
        }

        // There is no page that shows a summary: how it ended stands in the log too. A bad end is said already.
        if (result is { Code: (int)ExitCode.Done, Outcome: { } outcome })
            Annotate([new HostAnnotation("notice", $"safe-deploy {result.Step}", outcome.Statement).Cleaned(redactor)]);
        // A job that is being cancelled has little time left; what it would tell is in its log.
        if (result.Code != (int)ExitCode.Cancelled && _context.Project.Length > 0)
            await SpeakAsync(redactor, teller => teller.TellAsync(result, cancellation));
    }

    private async Task SpeakAsync(Redactor redactor, Func<GitLabTeller, Task> act)
    {
        using var rest = Token.Length > 0 ? new GitLabRest(_context.ApiUrl, Token, time) : null;
        await act(new GitLabTeller(_context, Inputs, rest is null ? null : new GitLabReports(rest, time), redactor, Annotate));
    }

    /// <summary>A file that cannot be written costs what it would have shown, never the step.</summary>
    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Annotate([new HostAnnotation("notice", "safe-deploy", $"not written below {GitLabFiles.Folder}: {failure.Message}")]);
        }
    }
}
