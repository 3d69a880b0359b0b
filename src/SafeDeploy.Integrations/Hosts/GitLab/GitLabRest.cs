using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>One conversation with GitLab's REST interface.</summary>
/// <remarks>docs.gitlab.com/api/rest: "Authentication", "Offset-based pagination"; docs.gitlab.com/administration/settings/user_and_ip_rate_limits.</remarks>
public sealed partial class GitLabRest : RestConversation
{
    /// <param name="api"><c>CI_API_V4_URL</c>.</param>
    /// <param name="token">Of a project, a group or a person; a job's own token is another header and may not write notes.</param>
    public GitLabRest(Uri api, string token, TimeProvider time)
        : base(api, time)
    {
        Headers.Add("PRIVATE-TOKEN", token);
        Headers.Accept.ParseAdd("application/json");
    }

    protected override string Name => "GitLab";

    /// <summary>By the page's number: the link that GitLab also gives names the address by which people reach it, which may be another.</summary>
    protected override Uri? NextOf(HttpResponseMessage answer)
    {
        if (!int.TryParse(Header(answer, "X-Next-Page"), NumberStyles.None, CultureInfo.InvariantCulture, out var next) || answer.RequestMessage?.RequestUri is not { } asked)
            return null;
        var (path, query) = (asked.GetLeftPart(UriPartial.Path), PageNumber().Replace(asked.Query, ""));
        return new Uri(string.Create(CultureInfo.InvariantCulture, $"{path}{query}{(query.Length == 0 ? '?' : '&')}page={next}"));
    }

    /// <summary>GitLab names the scope that is missing in its answer, and no role.</summary>
    protected override string NeedsOf(HttpResponseMessage answer) => "";

    /// <summary>Three shapes: of a scope that is missing, of a refusal, of a field that is wrong.</summary>
    protected override string? MessageOf(JsonElement refusal) =>
        TextOf(refusal, "error_description") ?? TextOf(refusal, "message") ?? TextOf(refusal, "error")
        ?? (refusal.ValueKind == JsonValueKind.Object && refusal.TryGetProperty("message", out var fields) ? fields.GetRawText() : null);

    protected override TimeSpan? AfterOf(HttpResponseMessage answer) => base.AfterOf(answer) ?? (
        Header(answer, "RateLimit-Remaining") == "0" && long.TryParse(Header(answer, "RateLimit-Reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var reset)
            ? DateTimeOffset.FromUnixTimeSeconds(reset) - Time.GetUtcNow()
            : null);

    [GeneratedRegex("[?&]page=[0-9]+")]
    private static partial Regex PageNumber();
}
