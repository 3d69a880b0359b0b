using System.Collections.Immutable;
using System.Globalization;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>What the agent tells a task about itself, read once from the environment.</summary>
/// <param name="Provider"><c>TfsGit</c>, <c>GitHub</c>, <c>GitHubEnterprise</c>, or another that has no pull requests we know.</param>
/// <param name="PullRequest">Its number at whoever hosts the repository; null outside pull requests.</param>
/// <param name="SourceCommit">Head of the pull request, not the merge.</param>
/// <param name="RunUrl">The task's own line in the timeline of the run.</param>
public sealed record AzureContext(
    Uri Collection,
    string Project,
    string Provider,
    string RepositoryId,
    string RepositoryName,
    Uri? RepositoryUrl,
    string BuildId,
    int? PullRequest,
    string SourceCommit,
    bool IsFork,
    string Workspace,
    string Temp,
    string JobStatus,
    Uri RunUrl)
{
    private static readonly Uri PublicService = new("https://dev.azure.com/");

    public bool IsAzureRepository => Provider == "TfsGit";

    public bool IsGitHub => Provider is "GitHub" or "GitHubEnterprise";

    /// <summary>For messages.</summary>
    public string BuildIdentity => $"the build identity of the job (\"{Project} Build Service\", or \"Project Collection Build Service\" where the job's authorization is not limited to its project)";

    public static AzureContext Of(ImmutableDictionary<string, string> variables)
    {
        string Get(string name) => variables.GetValueOrDefault(name, "");
        var collection = Uri.TryCreate(Get("SYSTEM_COLLECTIONURI"), UriKind.Absolute, out var uri) ? new Uri(uri.ToString().TrimEnd('/') + "/") : PublicService;
        var project = Get("SYSTEM_TEAMPROJECT");
        var isGitHub = Get("BUILD_REPOSITORY_PROVIDER").StartsWith("GitHub", StringComparison.Ordinal);
        // With GitHub the id is Azure's own; people and GitHub count differently.
        var pull = Get(isGitHub ? "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER" : "SYSTEM_PULLREQUEST_PULLREQUESTID");
        var (job, task) = (Get("SYSTEM_JOBID"), Get("SYSTEM_TASKINSTANCEID"));
        var line = job.Length > 0 ? $"&view=logs&j={job}{(task.Length > 0 ? $"&t={task}" : "")}" : "";
        return new AzureContext(
            collection, project, Get("BUILD_REPOSITORY_PROVIDER"), Get("BUILD_REPOSITORY_ID"), Get("BUILD_REPOSITORY_NAME"),
            Uri.TryCreate(Get("BUILD_REPOSITORY_URI"), UriKind.Absolute, out var repository) ? repository : null,
            Get("BUILD_BUILDID"), int.TryParse(pull, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null,
            Get("SYSTEM_PULLREQUEST_SOURCECOMMITID"), Get("SYSTEM_PULLREQUEST_ISFORK").Equals("true", StringComparison.OrdinalIgnoreCase),
            FirstOf(Get("SYSTEM_DEFAULTWORKINGDIRECTORY"), Get("BUILD_SOURCESDIRECTORY")), Get("AGENT_TEMPDIRECTORY"),
            FirstOf(Get("AGENT_JOBSTATUS"), Get("agent.jobstatus")),
            new Uri($"{collection}{Uri.EscapeDataString(project)}/_build/results?buildId={Get("BUILD_BUILDID")}{line}"));
    }

    private static string FirstOf(string one, string other) => one.Length > 0 ? one : other;
}
