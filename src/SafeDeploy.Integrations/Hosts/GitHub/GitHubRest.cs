using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>One conversation with GitHub's REST interface.</summary>
/// <remarks>docs.github.com/rest: "Best practices for using the REST API", "Using pagination", "Rate limits".</remarks>
public sealed class GitHubRest : RestConversation
{
    private const string Version = "2022-11-28";

    /// <param name="api"><c>https://api.github.com</c>, or <c>https://HOST/api/v3</c> of an Enterprise Server.</param>
    public GitHubRest(Uri api, string token, TimeProvider time)
        : base(api, time)
    {
        Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Headers.Accept.ParseAdd("application/vnd.github+json");
        Headers.Accept.ParseAdd("application/json;q=0.9");
        Headers.Add("X-GitHub-Api-Version", Version);
    }

    protected override string Name => "GitHub";

    protected override Uri? NextOf(HttpResponseMessage answer) => NextByLink(answer);

    protected override string NeedsOf(HttpResponseMessage answer) => Header(answer, "X-Accepted-GitHub-Permissions") ?? "";

    protected override string? MessageOf(JsonElement refusal) => TextOf(refusal, "message");

    /// <summary>Null when GitHub does not limit us: a plain 403 is a missing permission.</summary>
    protected override TimeSpan? AfterOf(HttpResponseMessage answer) => base.AfterOf(answer) ?? (
        Header(answer, "x-ratelimit-remaining") == "0" && long.TryParse(Header(answer, "x-ratelimit-reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var reset)
            ? DateTimeOffset.FromUnixTimeSeconds(reset) - Time.GetUtcNow()
            : null);
}
