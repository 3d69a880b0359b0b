using System.Collections.Immutable;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.GitHub;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Actions;

/// <summary>What GitHub shows of a step: outputs, summary, annotations, and over its REST interface the rest. Never decides how the step ends.</summary>
public sealed class ActionReport(
    GitHubContext context, GitHubFiles files, GitHubLog log, Invocation invocation, Redactor redactor, ImmutableDictionary<string, string> inputs)
{
    private const string Folder = ".safe-deploy";

    // A cancelled step has seconds to live; otherwise a slow GitHub must not hold the job for long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private HashSet<string>? _changed;

    /// <summary>Full paths of what the pull request changes; null outside pull requests, and where GitHub does not tell.</summary>
    public async Task<IReadOnlySet<string>?> ChangedAsync(CancellationToken cancellation)
    {
        if (context.PullRequest is not { } pull || !MayAsk)
            return null;
        using var clock = new CancellationTokenSource(Patience, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, clock.Token);
        using var rest = new GitHubRest(context.ApiUrl, inputs["github-token"], TimeProvider.System);
        await TryAsync("list of changed files", "pull-requests: read", async () =>
            _changed = (await new GitHubReports(rest, context.Repository, TimeProvider.System).ChangedFilesAsync(pull, both.Token)).Select(f => f.Filename).ToHashSet(StringComparer.Ordinal));
        return _changed?.Select(f => Path.GetFullPath(f, context.Workspace)).ToHashSet(StringComparer.Ordinal);
    }

    private bool MayAsk => inputs["github-token"].Length > 0 && context.Repository.Length > 0;

    public async Task PublishAsync(ActionResult result, CancellationToken cancellation)
    {
        var outcome = result.Outcome;
        // A hook that had nothing to do says nothing.
        var isSilent = result.IsPost && outcome is { Report: null, ExitCode: 0 };
        if (isSilent)
        {
            log.Write($"{redactor.Clean(outcome!.Statement)}\n");
            return;
        }

        Outputs(result, outcome, await WriteReportAsync(result, cancellation));
        Summarise(result, outcome);
        if (outcome is not null && result.Code != (int)ExitCode.Done)
            Annotate([new GitHubAnnotation("error", $"safe-deploy {result.Step}: {GitHubSummary.Word(outcome)}", $"{outcome.Statement}{Next(outcome)}")]);
        if (result.Code != (int)ExitCode.Cancelled && MayAsk)
            await TellGitHubAsync(result, outcome, cancellation);
        else if (result.Plan is { } plan)
            Annotate(GitHubPlan.Annotations(plan, null, ConfigFolder));
    }

    private static string Next(OutcomeDocument outcome)
    {
        var problems = outcome.Report is { Problems.IsEmpty: false } ended ? ended.Problems : outcome.Problems;
        return problems is [.., var last] ? $"\nnext: {last.Next}" : "";
    }

    private void Outputs(ActionResult result, OutcomeDocument? outcome, string report)
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
            files.Output(output.Name, redactor.Clean(values[output.Name]));
    }

    private static string Decided(RunReport? ended) => ended?.Decision is { } decision ? $"{decision.Row}: {decision.Decision}" : "";

    private static string Verdict(PlanView? plan) => plan switch { null => "", { Refuses: true } => "refuse", _ => "pass" };

    private void Summarise(ActionResult result, OutcomeDocument? outcome)
    {
        if (inputs["summary"] == "off" || (inputs["summary"] == "failure" && result.Code == (int)ExitCode.Done))
            return;
        var title = result.IsPost ? $"post step of {result.Step}" : result.Step;
        if (result.Plan is { } plan)
            files.Summary(redactor.Clean(GitHubPlan.Summary(plan)));
        else if (outcome is not null)
            files.Summary(redactor.Clean(GitHubSummary.Of(title, outcome)));
        else if (result.Code != (int)ExitCode.Done)
            files.Summary($"### ❌ safe-deploy {title}: {result.Word}\n\nThe log names what is wrong.\n\n");
    }

    private void Annotate(ImmutableArray<GitHubAnnotation> annotations) =>
        log.Commands(annotations.Select(a => redactor.Clean(GitHubCommands.Annotation(a))));

    private string ConfigFolder => Path.GetDirectoryName(inputs["config"].Replace('\\', '/'))?.Trim('.', '/') ?? "";

    private async Task TellGitHubAsync(ActionResult result, OutcomeDocument? outcome, CancellationToken cancellation)
    {
        using var clock = new CancellationTokenSource(Patience, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, clock.Token);
        using var rest = new GitHubRest(context.ApiUrl, inputs["github-token"], TimeProvider.System);
        var reports = new GitHubReports(rest, context.Repository, TimeProvider.System);
        if (result.Plan is { } plan)
            await TellPlanAsync(reports, plan, result.Sarif, both.Token);
        if (outcome is { Report: { } report })
            await TellDeploymentAsync(reports, result, outcome, report, both.Token);
    }

    private async Task TellPlanAsync(GitHubReports reports, PlanView plan, string sarif, CancellationToken cancellation)
    {
        if (context.PullRequest is { } pull && inputs["comment"] != "never")
            await TryAsync("comment", "pull-requests: write", () => reports.CommentAsync(
                pull, GitHubPlan.Marker(plan.Environment), redactor.Clean(GitHubPlan.Comment(plan, context.RunUrl)), inputs["comment"] == "on-risk" && !plan.HasRisk, cancellation));
        Annotate(GitHubPlan.Annotations(plan, _changed, ConfigFolder));
        if (inputs["check-run"] == "true")
            await TryAsync("check run", "checks: write", () => reports.CheckRunAsync(CheckRun(plan), cancellation));
        if (sarif.Length > 0)
            await TryAsync("findings in code scanning", "security-events: write", () => reports.SarifAsync(context.Sha, context.Ref, sarif, cancellation));
    }

    private NewCheckRun CheckRun(PlanView plan) => new(
        $"safe-deploy plan ({plan.Environment})", context.Sha, "completed", plan.Refuses ? "failure" : plan.HasRisk ? "neutral" : "success", context.RunUrl.ToString(),
        new CheckRunOutput(GitHubMarkdown.Cut(plan.Headline, 200), GitHubMarkdown.Cut(redactor.Clean(GitHubPlan.Summary(plan)), GitHubReports.BodyLimit - 1), GitHubPlan.CheckAnnotations(plan, ConfigFolder)));

    private async Task TellDeploymentAsync(GitHubReports reports, ActionResult result, OutcomeDocument outcome, RunReport report, CancellationToken cancellation)
    {
        if (inputs["github-deployments"] == "true")
            await TryAsync("deployment status", "deployments: write", async () =>
            {
                var id = await reports.DeploymentAsync(context.Sha, report.Environment, report.Deployment, cancellation);
                await reports.DeploymentStatusAsync(id, new NewDeploymentStatus(StateOf(result, outcome), context.RunUrl.ToString(), GitHubMarkdown.Cut(redactor.Clean(outcome.Statement), 140), null, AutoInactive: true), cancellation);
            });
        if (inputs["open-issue"] == "true" && outcome.ExitCode == (int)ExitCode.PersonNeeded)
            await TryAsync("issue", "issues: write", () => reports.IssueAsync(
                GitHubSummary.IssueMarker(report.Deployment), GitHubMarkdown.Cut($"safe-deploy: {report.Environment} needs a person ({outcome.Conclusion})", 200), redactor.Clean(GitHubSummary.Issue(outcome, context.RunUrl)), cancellation));
    }

    private static string StateOf(ActionResult result, OutcomeDocument outcome) => outcome.Conclusion switch
    {
        "deployed" => "success",
        "parked" when outcome.ExitCode == 0 => "in_progress",
        // A release that a person takes back did not fail: it is no longer the one that serves.
        "rolled-back" when result.Step == "rollback" => "inactive",
        "refused" => "inactive",
        _ => "failure",
    };

    /// <summary>What GitHub refuses is named, with the permission it needs; the job does not fail for it.</summary>
    private async Task TryAsync(string what, string permission, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (GitHubRefusedException refused)
        {
            var fork = context.IsFork ? " A pull request from a fork has a token that can only read; the summary holds the same." : "";
            var needs = refused.Status is System.Net.HttpStatusCode.Forbidden or System.Net.HttpStatusCode.NotFound
                ? $" The job needs permissions: {{ {permission} }}{(refused.Needs.Length > 0 ? $" (GitHub names {refused.Needs})" : "")}."
                : "";
            Annotate([new GitHubAnnotation("notice", "safe-deploy", $"no {what}: GitHub refused it ({(int?)refused.Status}: {refused.Message}).{needs}{fork}")]);
        }
        catch (OperationCanceledException)
        {
            Annotate([new GitHubAnnotation("notice", "safe-deploy", $"no {what}: GitHub did not answer in time")]);
        }
    }

    /// <summary>Path from the workspace; empty where nothing was written.</summary>
    private async Task<string> WriteReportAsync(ActionResult result, CancellationToken cancellation)
    {
        if (result.Json.Length == 0 || !Directory.Exists(context.Workspace))
            return "";
        var name = Path.Combine(Folder, $"{result.Step}{(result.IsPost ? "-post" : "")}.json");
        try
        {
            Directory.CreateDirectory(Path.Combine(context.Workspace, Folder));
            await File.WriteAllTextAsync(Path.Combine(context.Workspace, name), result.Json, cancellation);
            WorkspaceOwner.Give(context.Workspace, [Folder, .. BackupsInside(result)], invocation.User);
            return name;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Annotate([new GitHubAnnotation("notice", "safe-deploy", $"no report file: {failure.Message}")]);
            return "";
        }
    }

    private IEnumerable<string> BackupsInside(ActionResult result) =>
        result.Config?.Backup?.Store is { Scheme: "file", LocalPath: var store } && Path.GetRelativePath(context.Workspace, store) is var inside && !inside.StartsWith("..", StringComparison.Ordinal) && Directory.Exists(store)
            ? [inside]
            : [];
}
