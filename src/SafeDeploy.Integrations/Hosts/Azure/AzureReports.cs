using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>What a step leaves at Azure DevOps: threads, statuses, work items. Every method may be repeated.</summary>
/// <exception cref="RestRefusedException">Of every method.</exception>
public sealed class AzureReports(AzureRest rest, AzureContext context, TimeProvider time)
{
    /// <summary>Of a comment: what Azure takes is not documented, so GitHub's limit, which is known to be shown.</summary>
    public const int BodyLimit = 65_536;

    private const int ChangesAtOnce = 2000;
    private const string WorkItemTag = "safe-deploy-work-item-";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    private string Project => Uri.EscapeDataString(context.Project);

    private string Pull => FormattableString.Invariant($"{Project}/_apis/git/repositories/{Uri.EscapeDataString(context.RepositoryId)}/pullRequests/{context.PullRequest}");

    private string Build => $"{Project}/_apis/build/builds/{context.BuildId}";

    /// <summary>The one thread with the marker is brought up to date, or made; active while something is to be done, closed after.</summary>
    /// <param name="onlyUpdate">Makes none where none stands.</param>
    public Task ThreadAsync(string marker, string body, bool isActive, bool onlyUpdate, CancellationToken cancellation) => AgainAsync(
        async () =>
        {
            var standing = (await ThreadsAsync(cancellation)).FirstOrDefault(t => IsMarked(t, marker));
            if (standing is not null)
                await UpdateAsync(standing, body, isActive, cancellation);
            else if (!onlyUpdate)
                await MakeAsync(body, isActive ? "active" : "closed", null, null, cancellation);
        },
        cancellation);

    /// <summary>One thread a finding, at its line; those whose finding is gone are marked as fixed.</summary>
    /// <param name="family">Beginning of every marker of these threads.</param>
    public Task LineThreadsAsync(string family, ImmutableArray<LineThread> wanted, Iteration iteration, IReadOnlyDictionary<string, int> tracking, CancellationToken cancellation) => AgainAsync(
        async () =>
        {
            var standing = (await ThreadsAsync(cancellation)).Where(t => IsMarked(t, family)).ToList();
            foreach (var one in wanted)
            {
                if (standing.FirstOrDefault(t => IsMarked(t, one.Marker)) is { } old)
                    await UpdateAsync(old, one.Body, true, cancellation);
                else
                    await MakeAsync(one.Body, "active", Place(one), Tracked(one, iteration, tracking), cancellation);
            }

            foreach (var gone in standing.Where(t => t.IsOpen && !wanted.Any(w => IsMarked(t, w.Marker))))
                await SetAsync(gone, "fixed", cancellation);
        },
        cancellation);

    /// <summary>The iteration that was built; the last one where the commit is not among them.</summary>
    public async Task<Iteration> IterationAsync(CancellationToken cancellation)
    {
        IterationList? all = null;
        await AgainAsync(async () => all = await rest.GetAsync($"{Pull}/iterations?{AzureRest.Version}", AzureJson.Default.IterationList, cancellation), cancellation);
        return all!.Value.FirstOrDefault(i => i.SourceRefCommit?.CommitId == context.SourceCommit) ?? all.Value.MaxBy(i => i.Id)
            ?? throw new RestRefusedException(null, "the pull request has no iteration", "", false, null);
    }

    /// <summary>The files that an iteration adds or changes since the common commit, from the repository's root, with the number by which a thread follows each.</summary>
    public async Task<ImmutableDictionary<string, int>> ChangedFilesAsync(Iteration iteration, CancellationToken cancellation)
    {
        var files = ImmutableDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        await AgainAsync(
            async () =>
            {
                int? skip = 0;
                while (skip is { } at)
                {
                    var page = await rest.GetAsync(FormattableString.Invariant($"{Pull}/iterations/{iteration.Id}/changes?$top={ChangesAtOnce}&$skip={at}&{AzureRest.Version}"), AzureJson.Default.IterationChanges, cancellation);
                    foreach (var change in page.ChangeEntries.Where(c => c is { IsGone: false, Item.Path: not null }))
                        files[change.Item!.Path!.TrimStart('/')] = change.ChangeTrackingId;
                    skip = page.NextSkip > at ? page.NextSkip : null;
                }
            },
            cancellation);
        return files.ToImmutable();
    }

    /// <summary>The verdict as a status that a branch policy may require; of one iteration, so that a new push asks again.</summary>
    public Task StatusAsync(NewStatus status, CancellationToken cancellation) => AgainAsync(
        () => rest.SendAsync(HttpMethod.Post, $"{Pull}/statuses?{AzureRest.Version}", status, AzureJson.Default.NewStatus, cancellation), cancellation);

    /// <summary>One work item a deployment, whichever build asks: <see cref="MarkAsync"/> makes it known to the whole project.</summary>
    /// <param name="deployment">Its id in the ledger.</param>
    /// <param name="type">As the project's process calls it.</param>
    /// <param name="html">The body.</param>
    /// <returns>The one that was made; null where the deployment has one.</returns>
    public async Task<WorkItem?> WorkItemAsync(string deployment, string type, string title, string html, CancellationToken cancellation)
    {
        WorkItem? made = null;
        WorkItemField[] fields =
        [
            Field("System.Title", title), Field("System.Description", html), Field("System.Tags", "safe-deploy"),
            Relation("Hyperlink", context.RunUrl.AbsoluteUri, "the run"), Relation("ArtifactLink", $"vstfs:///Build/Build/{context.BuildId}", "Build"),
        ];
        await AgainAsync(
            async () =>
            {
                // Of the project, not of the build: recover runs in another one. The deployment is never part of a query, so nothing in its name can change one.
                var tags = (await rest.GetAsync($"{Project}/_apis/build/tags?{AzureRest.Version}", AzureJson.Default.TagList, cancellation)).Value;
                made = tags.Any(t => IsMarkOf(deployment, t)) ? null : await rest.SendAsync(
                    HttpMethod.Post, $"{Project}/_apis/wit/workitems/${Uri.EscapeDataString(type)}?{AzureRest.Version}", fields, AzureJson.Default.WorkItemFieldArray, AzureJson.Default.WorkItem, cancellation);
            },
            cancellation);
        return made;
    }

    /// <summary>A tag of this build that names the deployment and its work item: by it every other build finds the item.</summary>
    public Task MarkAsync(string deployment, WorkItem item, CancellationToken cancellation) => AgainAsync(
        () => rest.SendAsync(HttpMethod.Post, $"{Build}/tags?{AzureRest.Version}", [FormattableString.Invariant($"{Mark(deployment)}{item.Id}")], AzureJson.Default.StringArray, cancellation), cancellation);

    private static string Mark(string deployment) => $"{WorkItemTag}{AzureCommands.TagText(deployment)}-";

    /// <summary>After the mark comes the number alone: <c>prod-1</c> is not <c>prod-1-2</c>.</summary>
    private static bool IsMarkOf(string deployment, string tag) =>
        tag.StartsWith(Mark(deployment), StringComparison.OrdinalIgnoreCase) && tag.AsSpan(Mark(deployment).Length) is { IsEmpty: false } number && !number.ContainsAnyExcept(Digits);

    private async Task<IEnumerable<PullRequestThread>> ThreadsAsync(CancellationToken cancellation) =>
        (await rest.GetAsync($"{Pull}/threads?{AzureRest.Version}", AzureJson.Default.ThreadList, cancellation)).Value.Where(t => t is { IsDeleted: false, First.IsDeleted: false });

    private Task MakeAsync(string body, string status, ThreadPlace? place, ThreadIteration? iteration, CancellationToken cancellation) => rest.SendAsync(
        HttpMethod.Post, $"{Pull}/threads?{AzureRest.Version}", new NewThread([new NewThreadComment(0, body, "text")], status, place, iteration), AzureJson.Default.NewThread, cancellation);

    /// <summary>What a person decided about an unchanged text stays: only a new text makes a resolved thread active again.</summary>
    private async Task UpdateAsync(PullRequestThread standing, string body, bool isActive, CancellationToken cancellation)
    {
        var isNew = standing.First!.Content != body;
        if (isNew)
            await rest.SendAsync(HttpMethod.Patch, FormattableString.Invariant($"{Pull}/threads/{standing.Id}/comments/{standing.First.Id}?{AzureRest.Version}"), new CommentContent(body), AzureJson.Default.CommentContent, cancellation);
        if (isActive && isNew && !standing.IsOpen)
            await SetAsync(standing, "active", cancellation);
        else if (!isActive && standing.IsOpen)
            await SetAsync(standing, "closed", cancellation);
    }

    private Task SetAsync(PullRequestThread thread, string status, CancellationToken cancellation) => rest.SendAsync(
        HttpMethod.Patch, FormattableString.Invariant($"{Pull}/threads/{thread.Id}?{AzureRest.Version}"), new ThreadStatus(status), AzureJson.Default.ThreadStatus, cancellation);

    private static bool IsMarked(PullRequestThread thread, string marker) => thread.First?.Content?.StartsWith(marker, StringComparison.Ordinal) == true;

    private static ThreadPlace Place(LineThread one) => new($"/{one.File}", new FilePosition(one.Line, 1), new FilePosition(one.Line, 2));

    private static ThreadIteration? Tracked(LineThread one, Iteration iteration, IReadOnlyDictionary<string, int> tracking) =>
        tracking.TryGetValue(one.File, out var id) ? new ThreadIteration(id, new ComparedIterations(1, iteration.Id)) : null;

    private static WorkItemField Field(string name, string value) => new("add", $"/fields/{name}", Json(value));

    private static WorkItemField Relation(string kind, string url, string name) => new(
        "add", "/relations/-", JsonSerializer.SerializeToElement(new WorkItemRelation(kind, url, new RelationAttributes(name)), WorkItemJson.Default.WorkItemRelation));

    private static JsonElement Json(string value) => JsonSerializer.SerializeToElement(value, WorkItemJson.Default.String);

    private Task AgainAsync(Func<Task> act, CancellationToken cancellation) => RestRetry.DoAsync(act, time, cancellation);
}
