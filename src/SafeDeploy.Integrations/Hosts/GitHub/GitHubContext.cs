using System.Collections.Immutable;
using System.Text.Json;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>What the runner tells a step about itself, read once from the environment.</summary>
/// <param name="PullRequest">Its number, or null outside pull requests.</param>
/// <param name="IsFork">The change comes from another repository: its token can only read.</param>
/// <param name="Sha">The commit that reports are attached to; for a pull request its head, not the merge.</param>
public sealed record GitHubContext(
    string Repository,
    string Sha,
    string Ref,
    string RunId,
    string RunAttempt,
    Uri ServerUrl,
    Uri ApiUrl,
    string Workspace,
    string? OutputFile,
    string? StateFile,
    string? SummaryFile,
    int? PullRequest,
    bool IsFork)
{
    private static readonly Uri PublicServer = new("https://github.com");
    private static readonly Uri PublicApi = new("https://api.github.com");

    public Uri RunUrl => new($"{ServerUrl.ToString().TrimEnd('/')}/{Repository}/actions/runs/{RunId}");

    /// <param name="event">Text of the event's file; empty when there is none.</param>
    public static GitHubContext Of(ImmutableDictionary<string, string> variables, string @event)
    {
        string? Get(string name) => variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
        Uri Link(string name, Uri standard) => Uri.TryCreate(Get(name), UriKind.Absolute, out var url) ? url : standard;
        var pull = PullRequestOf(@event);
        return new GitHubContext(
            Get("GITHUB_REPOSITORY") ?? "", pull?.Head ?? Get("GITHUB_SHA") ?? "", Get("GITHUB_REF") ?? "", Get("GITHUB_RUN_ID") ?? "", Get("GITHUB_RUN_ATTEMPT") ?? "1",
            Link("GITHUB_SERVER_URL", PublicServer), Link("GITHUB_API_URL", PublicApi), Get("GITHUB_WORKSPACE") ?? "",
            Get("GITHUB_OUTPUT"), Get("GITHUB_STATE"), Get("GITHUB_STEP_SUMMARY"), pull?.Number, pull?.IsFork ?? false);
    }

    private sealed record Pull(int Number, string? Head, bool IsFork);

    private static Pull? PullRequestOf(string @event)
    {
        if (@event.Length == 0)
            return null;
        try
        {
            using var document = JsonDocument.Parse(@event);
            if (Child(document.RootElement, "pull_request") is not { } pull || Child(pull, "number") is not { ValueKind: JsonValueKind.Number } number)
                return null;
            var head = Name(pull, "head");
            return new Pull(number.GetInt32(), Child(pull, "head") is { } h && Child(h, "sha") is { ValueKind: JsonValueKind.String } sha ? sha.GetString() : null, head != Name(pull, "base"));
        }
        catch (JsonException)
        {
            // The event's file is the runner's; an unreadable one only costs the comment.
            return null;
        }
    }

    /// <summary>Full name of the repository behind <c>head</c> or <c>base</c>; null when the fork was deleted.</summary>
    private static string? Name(JsonElement pull, string side) =>
        Child(pull, side) is { } end && Child(end, "repo") is { } repo && Child(repo, "full_name") is { ValueKind: JsonValueKind.String } name ? name.GetString() : null;

    private static JsonElement? Child(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var child) && child.ValueKind != JsonValueKind.Null ? child : null;
}
