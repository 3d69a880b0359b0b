using System.Collections.Immutable;
using System.Net;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>What a job says over GitLab's REST interface, as its inputs ask for it.</summary>
/// <param name="reports">Null without a token.</param>
public sealed class GitLabTeller(
    GitLabContext context, ImmutableDictionary<string, string> inputs, GitLabReports? reports, Redactor redactor, Action<IEnumerable<HostAnnotation>> annotate)
{
    /// <summary>GitLab takes fifteen times as much; the page that shows it does not become quicker by it.</summary>
    public const int NoteLimit = 65_536;

    private const string Grant =
        $"Make a project access token (Settings > Access tokens) with the role Reporter and the scope api, and keep it as the masked variable {GitLabInputs.Token} (Settings > CI/CD > Variables)";

    /// <summary>From the repository's root; null outside merge requests, where no files are judged, and where GitLab does not tell.</summary>
    public async Task<IReadOnlySet<string>?> ChangedAsync(CancellationToken cancellation)
    {
        if (context.MergeRequest is not { } number || inputs["files"].Length == 0)
            return null;
        IReadOnlySet<string>? changed = null;
        var what = StepInputs.ChangedFiles(inputs);
        await TryAsync(what, "read it", async gitlab =>
        {
            changed = await gitlab.ChangedPathsAsync(context.Target, number, cancellation);
            if (changed is null)
                Note($"no {what}: GitLab does not list as many files as the merge request changes");
        });
        return changed;
    }

    public async Task TellAsync(StepResult result, CancellationToken cancellation)
    {
        if (result.Plan is { } plan && context.MergeRequest is { } number && inputs["comment"] != "never")
            await TryAsync("note", "write one", gitlab => gitlab.NoteAsync(
                context.Target, number, PlanText.Marker(plan.Environment), Body(PlanText.Comment(plan, context.JobUrl, NoteLimit)), inputs["comment"] == "on-risk" && !plan.HasRisk, cancellation));
        if (result.Outcome is { Report: { } report, ExitCode: (int)ExitCode.PersonNeeded } outcome && inputs["open-issue"] == "true")
            await TryAsync("issue", "write one", gitlab => gitlab.IssueAsync(
                context.Project, PostMortem.Marker(report.Deployment), redactor.Clean(PostMortem.Title(outcome, report)), Body(PostMortem.Body(outcome, context.JobUrl, NoteLimit)), cancellation));
    }

    /// <summary>Room for what makes it harmless, which is a character a line.</summary>
    private string Body(string markdown) => HostMarkdown.Cut(GitLabMarkdown.Harmless(redactor.Clean(markdown)), GitLabReports.BodyLimit);

    /// <summary>What GitLab refuses is named, with what it needs and where that is granted; the job does not fail for it.</summary>
    private async Task TryAsync(string what, string does, Func<GitLabReports, Task> act)
    {
        if (reports is null)
        {
            Note(context.IsFork
                ? $"no {what}: the pipeline of a fork has no token of this project; this log and the job's artifact hold the same"
                : $"no {what}: a job's own token may not {does}. {Grant}, not protected where merge requests of unprotected branches are to have it");
            return;
        }

        try
        {
            await act(reports);
        }
        catch (RestRefusedException refused)
        {
            Note($"no {what}: GitLab refused it ({(int?)refused.Status}: {refused.Message}).{Remedy(refused)}");
        }
        catch (OperationCanceledException)
        {
            Note($"no {what}: GitLab did not answer in time");
        }
    }

    private static string Remedy(RestRefusedException refused) => refused.Status switch
    {
        HttpStatusCode.Unauthorized => $" The token in {GitLabInputs.Token} is not valid, or has expired: rotate it (Settings > Access tokens) and replace the variable.",
        HttpStatusCode.Forbidden or HttpStatusCode.NotFound => $" The token in {GitLabInputs.Token} may not do it here. {Grant}.",
        _ => "",
    };

    private void Note(string message) => annotate([new HostAnnotation("notice", "safe-deploy", redactor.Clean(message))]);
}
