using System.Collections.Immutable;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>What the runner tells a job about itself, read once from the environment.</summary>
/// <remarks>docs.gitlab.com/ci/variables/predefined_variables.</remarks>
/// <param name="Project">Number of the project whose pipeline this is; empty outside GitLab.</param>
/// <param name="MergeRequest">Its number in <paramref name="Target"/>, or null outside merge request pipelines.</param>
/// <param name="Target">Number of the project that the merge request wants to change.</param>
/// <param name="IsFork">The change comes from another project: its pipeline has none of the target's variables.</param>
/// <param name="JobId">By it what the main script kept is told from what an older job left in the same folder.</param>
/// <param name="IsDisposable">The job has a machine or container of its own; with the shell executor it has not.</param>
public sealed record GitLabContext(
    Uri ApiUrl,
    string Project,
    int? MergeRequest,
    string Target,
    bool IsFork,
    Uri JobUrl,
    string JobId,
    string JobStatus,
    string Workspace,
    bool IsDisposable)
{
    private static readonly Uri PublicApi = new("https://gitlab.com/api/v4");
    private static readonly Uri PublicServer = new("https://gitlab.com");

    public static GitLabContext Of(ImmutableDictionary<string, string> variables)
    {
        string Get(string name) => variables.GetValueOrDefault(name, "");
        Uri Link(string name, Uri standard) => Uri.TryCreate(Get(name), UriKind.Absolute, out var url) ? url : standard;
        var target = Get("CI_MERGE_REQUEST_PROJECT_ID");
        var source = Get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID");
        return new GitLabContext(
            Link("CI_API_V4_URL", PublicApi), Get("CI_PROJECT_ID"), int.TryParse(Get("CI_MERGE_REQUEST_IID"), out var number) ? number : null,
            target.Length > 0 ? target : Get("CI_PROJECT_ID"), source.Length > 0 && source != target,
            Link("CI_JOB_URL", PublicServer), Get("CI_JOB_ID"), Get("CI_JOB_STATUS"), Get("CI_PROJECT_DIR"), Get("CI_DISPOSABLE_ENVIRONMENT") == "true");
    }
}
