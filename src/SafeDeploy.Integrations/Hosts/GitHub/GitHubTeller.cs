using System.Collections.Immutable;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>What a step says over GitHub's REST interface, as its inputs ask for it.</summary>
public sealed class GitHubTeller(
    GitHubContext context, ImmutableDictionary<string, string> inputs, GitHubReports reports, Redactor redactor, Action<IEnumerable<HostAnnotation>> annotate)
{
    private string ConfigFolder => StepInputs.ConfigFolder(inputs);

    /// <summary>From the repository's root; null where GitHub does not tell.</summary>
    public async Task<IReadOnlySet<string>?> ChangedAsync(int pullRequest, CancellationToken cancellation)
    {
        IReadOnlySet<string>? changed = null;
        var what = StepInputs.ChangedFiles(inputs);
        await TryAsync(what, "pull-requests: read", async () =>
        {
            changed = await reports.ChangedPathsAsync(pullRequest, cancellation);
            if (changed is null)
                Annotate([new HostAnnotation("notice", "safe-deploy", FormattableString.Invariant($"no {what}: GitHub lists the first {GitHubReports.MostFiles} of a pull request alone"))]);
        });
        return changed;
    }

    /// <param name="changed">What the pull request changes; null = not known.</param>
    public async Task TellAsync(StepResult result, IReadOnlySet<string>? changed, CancellationToken cancellation)
    {
        if (result.Plan is { } plan)
            await PlanAsync(plan, result.Sarif, changed, cancellation);
        if (result.Outcome is { Report: { } report } outcome)
            await DeploymentAsync(result, outcome, report, cancellation);
    }

    private async Task PlanAsync(PlanView plan, string sarif, IReadOnlySet<string>? changed, CancellationToken cancellation)
    {
        if (context.PullRequest is { } pull && inputs["comment"] != "never")
            await TryAsync("comment", "pull-requests: write", () => reports.CommentAsync(
                pull, PlanText.Marker(plan.Environment), redactor.Clean(GitHubPlan.Comment(plan, context.RunUrl)), inputs["comment"] == "on-risk" && !plan.HasRisk, cancellation));
        Annotate(plan.Annotations(changed, ConfigFolder));
        if (inputs["check-run"] == "true")
            await TryAsync("check run", "checks: write", () => reports.CheckRunAsync(CheckRun(plan), cancellation));
        if (sarif.Length > 0)
            await TryAsync("findings in code scanning", "security-events: write", () => reports.SarifAsync(context.Sha, context.Ref, sarif, cancellation));
    }

    private NewCheckRun CheckRun(PlanView plan) => new(
        $"safe-deploy plan ({plan.Environment})", context.Sha, "completed", plan.Refuses ? "failure" : plan.HasRisk ? "neutral" : "success", context.RunUrl.ToString(),
        new CheckRunOutput(HostMarkdown.Cut(plan.Headline, 200), HostMarkdown.Cut(redactor.Clean(PlanText.Summary(plan, StepSummary.Limit)), GitHubReports.BodyLimit - 1), GitHubPlan.CheckAnnotations(plan, ConfigFolder)));

    private async Task DeploymentAsync(StepResult result, OutcomeDocument outcome, RunReport report, CancellationToken cancellation)
    {
        if (inputs["github-deployments"] == "true")
            await TryAsync("deployment status", "deployments: write", async () =>
            {
                var id = await reports.DeploymentAsync(context.Sha, report.Environment, report.Deployment, cancellation);
                await reports.DeploymentStatusAsync(id, new NewDeploymentStatus(StateOf(result, outcome), context.RunUrl.ToString(), HostMarkdown.Cut(redactor.Clean(outcome.Statement), 140), null, AutoInactive: true), cancellation);
            });
        if (inputs["open-issue"] == "true" && outcome.ExitCode == (int)ExitCode.PersonNeeded)
            await TryAsync("issue", "issues: write", () => reports.IssueAsync(
                PostMortem.Marker(report.Deployment), PostMortem.Title(outcome, report), redactor.Clean(PostMortem.Body(outcome, context.RunUrl, GitHubReports.BodyLimit)), cancellation));
    }

    private static string StateOf(StepResult result, OutcomeDocument outcome) => outcome.Conclusion switch
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
        catch (RestRefusedException refused)
        {
            var fork = context.IsFork ? " A pull request from a fork has a token that can only read; the summary holds the same." : "";
            var needs = refused.Status is System.Net.HttpStatusCode.Forbidden or System.Net.HttpStatusCode.NotFound
                ? $" The job needs permissions: {{ {permission} }}{(refused.Needs.Length > 0 ? $" (GitHub names {refused.Needs})" : "")}."
                : "";
            Annotate([new HostAnnotation("notice", "safe-deploy", $"no {what}: GitHub refused it ({(int?)refused.Status}: {refused.Message}).{needs}{fork}")]);
        }
        catch (OperationCanceledException)
        {
            Annotate([new HostAnnotation("notice", "safe-deploy", $"no {what}: GitHub did not answer in time")]);
        }
    }

    private void Annotate(IEnumerable<HostAnnotation> annotations) => annotate(annotations.Select(a => a.Cleaned(redactor)));
}
