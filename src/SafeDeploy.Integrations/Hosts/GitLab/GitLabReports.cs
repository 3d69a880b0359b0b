using System.Globalization;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>What a job leaves at GitLab: one note at the merge request, one issue. Every method may be repeated.</summary>
/// <remarks>docs.gitlab.com/api/notes, docs.gitlab.com/api/issues, docs.gitlab.com/api/users, docs.gitlab.com/api/merge_requests.</remarks>
/// <exception cref="RestRefusedException">Of every method: what GitLab refused.</exception>
public sealed class GitLabReports(GitLabRest rest, TimeProvider time)
{
    /// <summary>What GitLab takes as a note or as the description of an issue; in characters.</summary>
    public const int BodyLimit = 1_000_000;

    private const string Label = "safe-deploy";

    /// <summary>The one note with the marker is brought up to date, or made.</summary>
    /// <param name="project">Number of the project of the merge request.</param>
    /// <param name="onlyUpdate">Makes none where none stands.</param>
    public Task NoteAsync(string project, int mergeRequest, string marker, string body, bool onlyUpdate, CancellationToken cancellation) => RestRetry.DoAsync(
        async () =>
        {
            var path = $"projects/{project}/merge_requests/{mergeRequest}/notes";
            // Anybody may write a note that begins like ours, and nobody else's can be changed.
            var self = await rest.GetAsync("user", GitLabJson.Default.GitLabUser, cancellation);
            bool IsOurs(Note note) => !note.System && note.Author.Id == self.Id && IsMarked(note.Body, marker);
            var standing = (await rest.ListAsync($"{path}?sort=asc&order_by=created_at&per_page=100", GitLabJson.Default.NoteArray, IsOurs, cancellation)).FirstOrDefault(IsOurs);
            if (standing is { } old && old.Body != body)
                await rest.SendAsync(HttpMethod.Put, $"{path}/{old.Id}", new NoteBody(body), GitLabJson.Default.NoteBody, cancellation);
            else if (standing is null && !onlyUpdate)
                await rest.SendAsync(HttpMethod.Post, path, new NoteBody(body), GitLabJson.Default.NoteBody, cancellation);
        },
        time,
        cancellation);

    /// <summary>The files that a merge request adds or changes, from the repository's root; null where GitLab does not tell all of them.</summary>
    /// <param name="project">Number of the project of the merge request.</param>
    public async Task<IReadOnlySet<string>?> ChangedPathsAsync(string project, int mergeRequest, CancellationToken cancellation)
    {
        IReadOnlySet<string>? changed = null;
        await RestRetry.DoAsync(
            async () =>
            {
                var path = $"projects/{project}/merge_requests/{mergeRequest}";
                var about = await rest.GetAsync(path, GitLabJson.Default.MergeRequest, cancellation);
                var all = await rest.ListAsync($"{path}/diffs?per_page=100", GitLabJson.Default.MergeRequestDiffArray, _ => false, cancellation);
                // GitLab keeps the diffs of so many files and no more, and none at all until it has made them: a file that it leaves out would be judged by nobody.
                changed = about.ChangesCount == all.Count.ToString(CultureInfo.InvariantCulture) ? all.Where(d => !d.DeletedFile).Select(d => d.NewPath).ToHashSet(StringComparer.Ordinal) : null;
            },
            time,
            cancellation);
        return changed;
    }

    /// <summary>One issue a marker, whichever pipeline asks and whoever has closed it meanwhile.</summary>
    public Task IssueAsync(string project, string marker, string title, string description, CancellationToken cancellation) => RestRetry.DoAsync(
        async () =>
        {
            var path = $"projects/{project}/issues";
            bool IsOurs(Issue issue) => IsMarked(issue.Description, marker);
            if ((await rest.ListAsync($"{path}?state=all&labels={Label}&per_page=100", GitLabJson.Default.IssueArray, IsOurs, cancellation)).Any(IsOurs))
                return;
            await rest.SendAsync(HttpMethod.Post, path, new NewIssue(title, description, Label, Confidential: true), GitLabJson.Default.NewIssue, cancellation);
        },
        time,
        cancellation);

    private static bool IsMarked(string? body, string marker) => body?.StartsWith(marker, StringComparison.Ordinal) == true;
}
