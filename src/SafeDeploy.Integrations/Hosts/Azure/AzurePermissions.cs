using System.Net;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>A refusal of Azure DevOps as a sentence that names the permission and where it is granted. Pure.</summary>
/// <remarks>Azure docs: "Default permissions and access", "Job access tokens", "Git repository permissions".</remarks>
public static class AzurePermissions
{
    /// <summary>Code with which Azure Repos says that a permission is missing; the status is 403 or 404.</summary>
    private const string GitPermission = "TF401027";

    /// <summary>Code for a repository that is not there, or that the token may not see.</summary>
    private const string GitNotFound = "TF401019";

    public static string PullRequest(AzureContext context, RestRefusedException refused) => refused switch
    {
        _ when IsNotAccepted(refused) => NotAccepted,
        _ when Says(refused, GitPermission) => Contribute(context),
        _ when IsNotSeen(refused) => NotSeen,
        { Status: HttpStatusCode.Forbidden } => Contribute(context),
        _ => "",
    };

    public static string Changes(AzureContext context, RestRefusedException refused) => refused switch
    {
        _ when IsNotAccepted(refused) => NotAccepted,
        _ when Says(refused, GitPermission) => Read(context),
        _ when IsNotSeen(refused) => NotSeen,
        { Status: HttpStatusCode.Forbidden } => Read(context),
        _ => "",
    };

    public static string WorkItem(AzureContext context, string type, RestRefusedException refused) => refused switch
    {
        _ when IsNotAccepted(refused) => NotAccepted,
        { Status: HttpStatusCode.NotFound or HttpStatusCode.BadRequest } =>
            $" workItemType \"{type}\" must be a type of the project's process (Basic: Issue; Agile and CMMI: Issue, Bug; Scrum: Bug, Impediment) without further required fields.",
        { Status: HttpStatusCode.Forbidden } =>
            $" It needs \"Edit work items in this node\" for {context.BuildIdentity}: Project settings > Project configuration > Areas > the area's Security.",
        _ => "",
    };

    private const string NotAccepted =
        " The job's own token is not accepted; it is valid while the job runs. For another organization or server a task cannot report.";

    private const string NotSeen =
        " The token does not see the repository: a job whose authorization is limited to its project, or to the repositories that it names, reaches no other. Name it under resources: repositories, or change the limits in Project settings > Pipelines > Settings.";

    /// <summary>203 and a redirection are the page to sign in.</summary>
    private static bool IsNotAccepted(RestRefusedException refused) =>
        refused.Status is HttpStatusCode.Unauthorized or HttpStatusCode.NonAuthoritativeInformation or HttpStatusCode.Redirect;

    private static bool IsNotSeen(RestRefusedException refused) => refused.Status == HttpStatusCode.NotFound || Says(refused, GitNotFound);

    private static bool Says(RestRefusedException refused, string code) => refused.Message.StartsWith(code, StringComparison.Ordinal);

    private static string Contribute(AzureContext context) => Repository(context, "Contribute to pull requests");

    private static string Read(AzureContext context) => Repository(context, "Read");

    private static string Repository(AzureContext context, string permission) =>
        $" It needs \"{permission}\" for {context.BuildIdentity}: Project settings > Repositories > {context.RepositoryName} > Security.";
}
