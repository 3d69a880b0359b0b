using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>What a step leaves at GitHub: comments, checks, deployments, issues, findings. Every method may be repeated.</summary>
/// <exception cref="RestRefusedException">Of every method: what GitHub refused, and which permission it names.</exception>
public sealed class GitHubReports(GitHubRest rest, string repository, TimeProvider time)
{
    /// <summary>What GitHub takes as the body of a comment or an issue.</summary>
    public const int BodyLimit = 65_536;

    /// <summary>What GitHub lists of a pull request; further files change without being told.</summary>
    /// <remarks>docs.github.com/rest/pulls/pulls, "List pull requests files".</remarks>
    public const int MostFiles = 3000;

    private const int AnnotationsAtOnce = 50;
    private const string Label = "safe-deploy";

    private string Repo => $"repos/{repository}";

    /// <summary>The one comment with the marker is brought up to date, or made.</summary>
    /// <param name="onlyUpdate">Makes none where none stands.</param>
    public Task CommentAsync(int pullRequest, string marker, string body, bool onlyUpdate, CancellationToken cancellation) => AgainAsync(
        async () =>
        {
            var path = $"{Repo}/issues/{pullRequest}/comments?per_page=100";
            var standing = (await rest.ListAsync(path, GitHubJson.Default.CommentArray, c => IsMarked(c.Body, marker), cancellation)).FirstOrDefault(c => IsMarked(c.Body, marker));
            if (standing is { } old && old.Body != body)
                await rest.SendAsync(HttpMethod.Patch, $"{Repo}/issues/comments/{old.Id}", new NewComment(body), GitHubJson.Default.NewComment, cancellation);
            else if (standing is null && !onlyUpdate)
                await rest.SendAsync(HttpMethod.Post, $"{Repo}/issues/{pullRequest}/comments", new NewComment(body), GitHubJson.Default.NewComment, cancellation);
        },
        cancellation);

    /// <summary>The files that a pull request adds or changes, from the repository's root; null where GitHub does not list all of them.</summary>
    public async Task<IReadOnlySet<string>?> ChangedPathsAsync(int pullRequest, CancellationToken cancellation)
    {
        var files = new List<ChangedFile>();
        await AgainAsync(
            async () => files = await rest.ListAsync($"{Repo}/pulls/{pullRequest}/files?per_page=100", GitHubJson.Default.ChangedFileArray, _ => false, cancellation), cancellation);
        return files.Count >= MostFiles ? null : files.Where(f => f.Status != "removed").Select(f => f.Filename).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>A finished check run; more than fifty annotations follow in further calls.</summary>
    public Task CheckRunAsync(NewCheckRun run, CancellationToken cancellation) => AgainAsync(
        async () =>
        {
            var parts = run.Output.Annotations.Chunk(AnnotationsAtOnce).Select(part => part.ToImmutableArray()).DefaultIfEmpty([]).ToArray();
            var first = run with { Output = run.Output with { Annotations = parts[0] } };
            var created = await rest.SendAsync(HttpMethod.Post, $"{Repo}/check-runs", first, GitHubJson.Default.NewCheckRun, GitHubJson.Default.Created, cancellation);
            foreach (var part in parts.Skip(1))
                await rest.SendAsync(
                    HttpMethod.Patch, $"{Repo}/check-runs/{created.Id}", new CheckRunUpdate(run.Status, run.Conclusion, run.Output with { Annotations = part }), GitHubJson.Default.CheckRunUpdate, cancellation);
        },
        cancellation);

    /// <summary>The deployment's id at GitHub: each step of a chain finds the one that the first of them made.</summary>
    /// <param name="deployment">Its id in the ledger.</param>
    public async Task<long> DeploymentAsync(string reference, string environment, string deployment, CancellationToken cancellation)
    {
        var id = 0L;
        // An empty list of contexts: whether checks have to pass was decided before this job ran.
        var made = new NewDeployment(reference, environment, $"safe-deploy {deployment}", AutoMerge: false, [], new DeploymentPayload(deployment));
        await AgainAsync(
            async () =>
            {
                // The newest page is enough: the one that is looked for was made by this run.
                var path = $"{Repo}/deployments?environment={Uri.EscapeDataString(environment)}&per_page=100";
                var standing = (await rest.ListAsync(path, GitHubJson.Default.StandingDeploymentArray, _ => true, cancellation)).FirstOrDefault(d => d.SafeDeploy == deployment);
                id = standing?.Id ?? (await rest.SendAsync(HttpMethod.Post, $"{Repo}/deployments", made, GitHubJson.Default.NewDeployment, GitHubJson.Default.Created, cancellation)).Id;
            },
            cancellation);
        return id;
    }

    public Task DeploymentStatusAsync(long deployment, NewDeploymentStatus status, CancellationToken cancellation) => AgainAsync(
        () => rest.SendAsync(HttpMethod.Post, $"{Repo}/deployments/{deployment}/statuses", status, GitHubJson.Default.NewDeploymentStatus, cancellation), cancellation);

    /// <summary>One issue a marker, whichever run asks and whoever has closed it meanwhile.</summary>
    public Task IssueAsync(string marker, string title, string body, CancellationToken cancellation) => AgainAsync(
        async () =>
        {
            var path = $"{Repo}/issues?state=all&labels={Label}&per_page=100";
            if ((await rest.ListAsync(path, GitHubJson.Default.IssueArray, i => IsMarked(i.Body, marker), cancellation)).Any(i => IsMarked(i.Body, marker)))
                return;
            await rest.SendAsync(HttpMethod.Post, $"{Repo}/issues", new NewIssue(title, body, [Label]), GitHubJson.Default.NewIssue, cancellation);
        },
        cancellation);

    public Task SarifAsync(string sha, string reference, string sarif, CancellationToken cancellation) => AgainAsync(
        () => rest.SendAsync(
            HttpMethod.Post, $"{Repo}/code-scanning/sarifs", new SarifUpload(sha, reference, Compressed(sarif), "safe-deploy"), GitHubJson.Default.SarifUpload, cancellation), cancellation);

    private static bool IsMarked(string? body, string marker) => body?.StartsWith(marker, StringComparison.Ordinal) == true;

    private static string Compressed(string text)
    {
        using var buffer = new MemoryStream();
        using (var zip = new GZipStream(buffer, CompressionLevel.Optimal, leaveOpen: true))
            zip.Write(Encoding.UTF8.GetBytes(text));
        return Convert.ToBase64String(buffer.ToArray());
    }

    private Task AgainAsync(Func<Task> act, CancellationToken cancellation) => RestRetry.DoAsync(act, time, cancellation);
}
