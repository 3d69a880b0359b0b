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

    public async Task TellAsync(StepResult result, CancellationToken cancellation)
    {
        if (result.Plan is { } plan)
            await PlanAsync(plan, cancellation);
        if (result.Outcome is { ExitCode: (int)ExitCode.PersonNeeded, Report: { } report } outcome && inputs["open-work-item"] == "true")
            await TryAsync(
                "work item", refused => AzurePermissions.WorkItem(context, inputs["work-item-type"], refused),
                () => reports.WorkItemAsync(
                    inputs["work-item-type"], redactor.Clean(PostMortem.Title(outcome, report)), redactor.Clean(PostMortemHtml.Of(outcome, report, context.RunUrl)), cancellation));
    }

    private Task PlanAsync(PlanView plan, CancellationToken cancellation) => context switch
    {
        { PullRequest: { } pull, IsGitHub: true } => AtGitHubAsync(pull, plan, cancellation),
        { PullRequest: not null, IsAzureRepository: true } => AtAzureAsync(plan, cancellation),
        _ => AnnotatedAsync(plan, null),
    };

    private async Task AtAzureAsync(PlanView plan, CancellationToken cancellation)
    {
        Iteration? iteration = null;
        ImmutableDictionary<string, int>? changed = null;
        await TryAsync("list of changed files", InPullRequest, async () =>
        {
            iteration = await reports.IterationAsync(cancellation);
            changed = await reports.ChangedFilesAsync(iteration, cancellation);
        });
        await AnnotatedAsync(plan, changed?.Keys.ToHashSet(StringComparer.Ordinal));
        if (inputs["comment"] != "never")
            await TryAsync("comment", InPullRequest, () => reports.ThreadAsync(
                PlanText.Marker(plan.Environment), redactor.Clean(PlanText.Comment(plan, context.RunUrl, AzureReports.BodyLimit)), plan.Refuses, inputs["comment"] == "on-risk" && !plan.HasRisk, cancellation));
        if (inputs["comment"] != "never" && iteration is { } built && changed is { } files && int.TryParse(inputs["threads"], NumberStyles.None, CultureInfo.InvariantCulture, out var most))
            await TryAsync("threads at the lines", InPullRequest, () => reports.LineThreadsAsync(
                LineThread.Family(plan.Environment), [.. LineThread.Of(plan, ConfigFolder, files.ContainsKey, most).Select(t => t with { Body = redactor.Clean(t.Body) })], built, files, cancellation));
        if (inputs["pull-request-status"] == "true")
            await TryAsync("status of the pull request", InPullRequest, () => reports.StatusAsync(
                new NewStatus(
                    plan.Refuses ? "failed" : "succeeded", redactor.Clean(HostMarkdown.Cut(plan.Headline, LongestDescription).TrimEnd()), context.RunUrl.AbsoluteUri,
                    new StatusContext($"plan/{plan.Environment}", "safe-deploy"), iteration?.Id), cancellation));
    }

    private async Task AtGitHubAsync(int pull, PlanView plan, CancellationToken cancellation)
    {
        IReadOnlySet<string>? changed = null;
        if (github is not null)
        {
            await TryAsync("list of changed files", _ => "", async () => changed = await github.ChangedPathsAsync(pull, cancellation));
            if (inputs["comment"] != "never")
                await TryAsync("comment at GitHub", AtGitHub, () => github.CommentAsync(
                    pull, PlanText.Marker(plan.Environment), redactor.Clean(PlanText.Comment(plan, context.RunUrl, AzureReports.BodyLimit)), inputs["comment"] == "on-risk" && !plan.HasRisk, cancellation));
        }
        else if (inputs["comment"] != "never")
        {
            annotate([new HostAnnotation("notice", "safe-deploy", "no comment: the repository is at GitHub; githubConnection names the service connection through which the comment goes there")]);
        }

        await AnnotatedAsync(plan, changed);
    }

    private Task AnnotatedAsync(PlanView plan, IReadOnlySet<string>? changed)
    {
        annotate(plan.Annotations(changed, ConfigFolder));
        return Task.CompletedTask;
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
