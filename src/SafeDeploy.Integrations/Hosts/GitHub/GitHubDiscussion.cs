namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>A pull request at GitHub, spoken to from a job of another host.</summary>
public sealed class GitHubDiscussion : IChangeDiscussion
{
    private readonly GitHubRest _rest;
    private readonly GitHubReports _reports;

    /// <param name="repository">Its address: the server's interface is below it, or at api.github.com.</param>
    /// <param name="name"><c>owner/name</c>.</param>
    public GitHubDiscussion(Uri repository, string name, string token, TimeProvider time)
    {
        _rest = new GitHubRest(ApiOf(repository), token, time);
        _reports = new GitHubReports(_rest, name, time);
    }

    public void Dispose() => _rest.Dispose();

    public Task<IReadOnlySet<string>?> ChangedPathsAsync(int pullRequest, CancellationToken cancellation) => _reports.ChangedPathsAsync(pullRequest, cancellation);

    public Task CommentAsync(int pullRequest, string marker, string body, bool onlyUpdate, CancellationToken cancellation) =>
        _reports.CommentAsync(pullRequest, marker, body, onlyUpdate, cancellation);

    public static Uri ApiOf(Uri repository) => repository.Host == "github.com" ? new Uri("https://api.github.com") : new Uri($"{repository.GetLeftPart(UriPartial.Authority)}/api/v3");
}
