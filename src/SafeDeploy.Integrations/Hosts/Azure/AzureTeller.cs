using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>What a step says over the REST interface of Azure DevOps, or of GitHub where the repository is there, as its inputs ask for it.</summary>
/// <param name="github">Null where the repository is Azure's own, or no connection was given.</param>
public sealed class AzureTeller(
    AzureContext context, ImmutableDictionary<string, string> inputs, AzureReports reports, IChangeDiscussion? github, Redactor redactor, Action<IEnumerable<HostAnnotation>> annotate)
{
    private const int LongestDescription = 200;

    private string ConfigFolder => StepInputs.ConfigFolder(inputs);

    /// <summary>What the pull request changes, from whoever hosts the repository; what is not told is null.</summary>
    public async Task<AzureChange> ChangeAsync(CancellationToken cancellation)
    {
        var change = AzureChange.Unknown;
        var what = StepInputs.ChangedFiles(inputs);
        if (context is { PullRequest: not null, IsAzureRepository: true })
            await TryAsync(what, refused => AzurePermissions.Changes(context, refused), async () =>
            {
                change = change with { Iteration = await reports.IterationAsync(cancellation) };
                var tracking = await reports.ChangedFilesAsync(change.Iteration, cancellation);
                change = change with { Tracking = tracking, Paths = tracking.Keys.ToHashSet(StringComparer.Ordinal) };
            });
        if (context is { PullRequest: { } pull, IsGitHub: true })
            change = change with { Paths = await AtGitHubAsync(pull, what, cancellation) };
        return change;
    }

    private async Task<IReadOnlySet<string>?> AtGitHubAsync(int pull, string what, CancellationToken cancellation)
    {
        IReadOnlySet<string>? paths = null;
        void Say(string why) => annotate([new HostAnnotation("notice", "safe-deploy", $"no {what}: {why}")]);
        if (github is not null)
            await TryAsync(what, refused => refused.IsPermission ? " The service connection needs to read pull requests of the repository." : "", async () =>
            {
                paths = await github.ChangedPathsAsync(pull, cancellation);
                if (paths is null)
                    Say("GitHub does not list all files of so large a pull request");
            });
        else if (inputs["files"].Length > 0)
            Say("the repository is at GitHub; githubConnection names the service connection through which it is asked");
        return paths;
    }

    /// <param name="change">As <see cref="ChangeAsync"/> found it.</param>
    public async Task TellAsync(StepResult result, AzureChange change, CancellationToken cancellation)
    {
        if (result.Plan is { } plan)
            await PlanAsync(plan, change, cancellation);
        if (result.Outcome is { ExitCode: (int)ExitCode.PersonNeeded, Report: { } report } outcome && inputs["open-work-item"] == "true")
            await WorkItemAsync(outcome, report, cancellation);
    }

    private async Task WorkItemAsync(OutcomeDocument outcome, RunReport report, CancellationToken cancellation)
    {
        var (type, title) = (inputs["work-item-type"], redactor.Clean(PostMortem.Title(outcome, report)));
        WorkItem? made = null;
        await TryAsync("work item", refused => AzurePermissions.WorkItem(context, type, refused), async () =>
            made = await reports.WorkItemAsync(report.Deployment, type, title, redactor.Clean(PostMortemHtml.Of(outcome, report, context.RunUrl)), cancellation));
        if (made is { } item)
            await TryAsync("tag by which other builds find the work item", _ => "", () => reports.MarkAsync(report.Deployment, item, cancellation));
    }

    private async Task PlanAsync(PlanView plan, AzureChange change, CancellationToken cancellation)
    {
        if (context is { PullRequest: { } pull, IsGitHub: true })
            await CommentAtGitHubAsync(pull, plan, cancellation);
        annotate(plan.Annotations(change.Paths, ConfigFolder));
        if (context is { PullRequest: not null, IsAzureRepository: true })
            await AtAzureAsync(plan, change, cancellation);
    }

    private async Task AtAzureAsync(PlanView plan, AzureChange change, CancellationToken cancellation)
    {
        if (inputs["comment"] != "never")
            await TryAsync("comment", InPullRequest, () => reports.ThreadAsync(
                PlanText.Marker(plan.Environment), redactor.Clean(PlanText.Comment(plan, context.RunUrl, AzureReports.BodyLimit)), plan.Refuses, inputs["comment"] == "on-risk" && !plan.HasRisk, cancellation));
        if (inputs["comment"] != "never" && change is { Iteration: { } built, Tracking: { } files } && int.TryParse(inputs["threads"], NumberStyles.None, CultureInfo.InvariantCulture, out var most))
            await TryAsync("threads at the lines", InPullRequest, () => reports.LineThreadsAsync(
                LineThread.Family(plan.Environment), [.. LineThread.Of(plan, ConfigFolder, files.ContainsKey, most).Select(t => t with { Body = redactor.Clean(t.Body) })], built, files, cancellation));
        if (inputs["pull-request-status"] == "true")
            await TryAsync("status of the pull request", InPullRequest, () => reports.StatusAsync(
                new NewStatus(
                    plan.Refuses ? "failed" : "succeeded", redactor.Clean(HostMarkdown.Cut(plan.Headline, LongestDescription).TrimEnd()), context.RunUrl.AbsoluteUri,
                    new StatusContext($"plan/{plan.Environment}", "safe-deploy"), change.Iteration?.Id), cancellation));
    }

    private async Task CommentAtGitHubAsync(int pull, PlanView plan, CancellationToken cancellation)
    {
        if (inputs["comment"] == "never")
            return;
        if (github is not null)
            await TryAsync("comment at GitHub", AtGitHub, () => github.CommentAsync(
                pull, PlanText.Marker(plan.Environment), redactor.Clean(PlanText.Comment(plan, context.RunUrl, AzureReports.BodyLimit)), inputs["comment"] == "on-risk" && !plan.HasRisk, cancellation));
        else
            annotate([new HostAnnotation("notice", "safe-deploy", "no comment: the repository is at GitHub; githubConnection names the service connection through which the comment goes there")]);
    }

    private string InPullRequest(RestRefusedException refused) => AzurePermissions.PullRequest(context, refused);

    private static string AtGitHub(RestRefusedException refused) => refused.IsPermission ? " The service connection needs to write pull requests of the repository." : "";

    /// <summary>What is refused is named, with the permission it needs and where it is granted; the job does not fail for it.</summary>
    private async Task TryAsync(string what, Func<RestRefusedException, string> needs, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (RestRefusedException refused)
        {
            var fork = context.IsFork ? " A pull request from a fork has a token that can do less; the summary holds the same." : "";
            annotate([new HostAnnotation(
                context.IsFork ? "notice" : "warning", "safe-deploy", $"no {what}: refused ({(refused.Status is { } status ? $"{(int)status}: " : "")}{refused.Message.TrimEnd('.')}).{needs(refused)}{fork}")]);
        }
        catch (OperationCanceledException)
        {
            annotate([new HostAnnotation("warning", "safe-deploy", $"no {what}: there was no answer in time")]);
        }
    }
}
