using SafeDeploy.Cli.Terminal;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Actions;

/// <summary>What a CI host shows of a step: outputs, report file, summary, annotations, and over its REST interface the rest. Never decides how the step ends.</summary>
public sealed class ActionReport(IHostPlatform host, Invocation invocation, Redactor redactor)
{
    private const string Folder = ".safe-deploy";

    // A cancelled step has seconds to live; otherwise a slow host must not hold the job for long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Full paths of what the pull request changes; null outside pull requests, and where the host does not tell.</summary>
    public async Task<IReadOnlySet<string>?> ChangedAsync(CancellationToken cancellation)
    {
        using var clock = new CancellationTokenSource(Patience, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, clock.Token);
        var changed = await host.ChangedAsync(redactor, both.Token);
        return changed?.Select(f => Path.GetFullPath(f, host.Workspace)).ToHashSet(StringComparer.Ordinal);
    }

    public async Task PublishAsync(StepResult result, CancellationToken cancellation)
    {
        var outcome = result.Outcome;
        // A hook that had nothing to do says nothing.
        var isSilent = result.IsPost && outcome is { Report: null, ExitCode: 0 };
        if (isSilent)
        {
            host.Log.Write($"{redactor.Clean(outcome!.Statement)}\n");
            return;
        }

        Outputs(result, outcome, await WriteReportAsync(result, cancellation));
        if (StepInputs.WantsSummary(host.Inputs, result.Code))
            host.Summarise(result.IsPost ? $"post step of {result.Step}" : result.Step, result, redactor);
        if (outcome is not null && result.Code != (int)ExitCode.Done)
            Annotate(new HostAnnotation("error", $"safe-deploy {result.Step}: {StepSummary.Word(outcome)}", $"{outcome.Statement}{Next(outcome)}"));
        using var clock = new CancellationTokenSource(Patience, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, clock.Token);
        await host.TellAsync(result, redactor, both.Token);
    }

    private static string Next(OutcomeDocument outcome)
    {
        var problems = outcome.Report is { Problems.IsEmpty: false } ended ? ended.Problems : outcome.Problems;
        return problems is [.., var last] ? $"\nnext: {last.Next}" : "";
    }

    private void Outputs(StepResult result, OutcomeDocument? outcome, string report)
    {
        var ended = outcome?.Report;
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["deployment"] = ended?.Deployment ?? "",
            ["result"] = result.Word,
            ["conclusion"] = outcome?.Conclusion ?? Verdict(result.Plan),
            ["decision"] = Decided(ended),
            ["previous-digest"] = ended?.From?.Digest ?? "",
            ["digest"] = ended?.To?.Digest ?? "",
            ["backup"] = ended?.Backup ?? "",
            ["report"] = report,
        };
        foreach (var output in HostModel.Outputs)
            host.Output(output.Name, redactor.Clean(values[output.Name]));
    }

    private static string Decided(RunReport? ended) => ended?.Decision is { } decision ? $"{decision.Row}: {decision.Decision}" : "";

    private static string Verdict(PlanView? plan) => plan switch { null => "", { Refuses: true } => "refuse", _ => "pass" };

    private void Annotate(HostAnnotation one) => host.Annotate([one.Cleaned(redactor)]);

    /// <summary>Path from the workspace; empty where nothing was written.</summary>
    private async Task<string> WriteReportAsync(StepResult result, CancellationToken cancellation)
    {
        if (result.Json.Length == 0 || !Directory.Exists(host.Workspace))
            return "";
        var name = Path.Combine(Folder, $"{result.Step}{(result.IsPost ? "-post" : "")}.json");
        try
        {
            Directory.CreateDirectory(Path.Combine(host.Workspace, Folder));
            await File.WriteAllTextAsync(Path.Combine(host.Workspace, name), result.Json, cancellation);
            WorkspaceOwner.Give(host.Workspace, [Folder, .. BackupsInside(result)], invocation.User);
            host.Keep(Path.Combine(host.Workspace, name));
            return name;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Annotate(new HostAnnotation("notice", "safe-deploy", $"no report file: {failure.Message}"));
            return "";
        }
    }

    private IEnumerable<string> BackupsInside(StepResult result) =>
        result.Config?.Backup?.Store is { Scheme: "file", LocalPath: var store } && Path.GetRelativePath(host.Workspace, store) is var inside && !inside.StartsWith("..", StringComparison.Ordinal) && Directory.Exists(store)
            ? [inside]
            : [];
}
