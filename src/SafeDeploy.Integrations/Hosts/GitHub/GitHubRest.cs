using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>GitHub did not do what it was asked. The job's end never depends on it.</summary>
/// <param name="status">Null when nothing answered.</param>
/// <param name="needs">The permission that GitHub names, e.g. <c>issues=write</c>; empty when it names none.</param>
/// <param name="isPassing">Worth asking again.</param>
public sealed class GitHubRefusedException(HttpStatusCode? status, string message, string needs, bool isPassing, TimeSpan? after, Exception? inner = null)
    : Exception(message, inner)
{
    public HttpStatusCode? Status { get; } = status;

    public string Needs { get; } = needs;

    public bool IsPassing { get; } = isPassing;

    /// <summary>When GitHub wants to be asked again; null = it does not say.</summary>
    public TimeSpan? After { get; } = after;
}

/// <summary>One conversation with GitHub's REST interface: how any call is made, read, paged and refused.</summary>
/// <remarks>docs.github.com/rest: "Best practices for using the REST API", "Using pagination", "Rate limits".</remarks>
public sealed class GitHubRest : IDisposable
{
    private const string Version = "2022-11-28";

    // A page that names itself as the next one must not be asked for ever.
    private const int MostPages = 40;

    private static readonly TimeSpan OneCall = TimeSpan.FromSeconds(20);

    private readonly HttpClient _client;
    private readonly TimeProvider _time;
    private readonly Uri _base;

    /// <param name="api"><c>https://api.github.com</c>, or <c>https://HOST/api/v3</c> of an Enterprise Server.</param>
    public GitHubRest(Uri api, string token, TimeProvider time)
    {
        _time = time;
        _base = new Uri(api.ToString().TrimEnd('/') + "/");
        _client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("safe-deploy", "1"));
        _client.DefaultRequestHeaders.Accept.ParseAdd("application/vnd.github+json");
        _client.DefaultRequestHeaders.Accept.ParseAdd("application/json;q=0.9");
        _client.DefaultRequestHeaders.Add("X-GitHub-Api-Version", Version);
    }

    public void Dispose() => _client.Dispose();

    /// <summary>All pages, in order; stops early when <paramref name="enough"/> says so.</summary>
    public async Task<List<T>> ListAsync<T>(string path, JsonTypeInfo<T[]> type, Func<T, bool> enough, CancellationToken cancellation)
    {
        var all = new List<T>();
        var next = new Uri(_base, path);
        for (var page = 0; page < MostPages && next is not null; page++)
        {
            using var answer = await SendAsync(HttpMethod.Get, next, null, cancellation);
            var items = await ReadAsync(answer, type, cancellation);
            all.AddRange(items);
            next = items.Any(enough) ? null : NextOf(answer);
        }

        return all;
    }

    public async Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellation)
    {
        using var answer = await SendAsync(method, new Uri(_base, path), JsonContent.Create(body, bodyType), cancellation);
        return await ReadAsync(answer, answerType, cancellation);
    }

    public async Task SendAsync<TBody>(HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> type, CancellationToken cancellation)
    {
        using var answer = await SendAsync(method, new Uri(_base, path), JsonContent.Create(body, type), cancellation);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri url, HttpContent? content, CancellationToken cancellation)
    {
        using var clock = new CancellationTokenSource(OneCall, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, clock.Token);
        using var request = new HttpRequestMessage(method, url) { Content = content };
        try
        {
            var answer = await _client.SendAsync(request, both.Token);
            if (answer.IsSuccessStatusCode)
                return answer;
            using (answer)
                throw await RefusalAsync(answer, both.Token);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new GitHubRefusedException(null, string.Create(CultureInfo.InvariantCulture, $"no answer within {OneCall.TotalSeconds:0} s"), "", true, null, late);
        }
        catch (HttpRequestException failure)
        {
            throw new GitHubRefusedException(null, $"the exchange failed ({failure.HttpRequestError})", "", true, null, failure);
        }
    }

    private async Task<GitHubRefusedException> RefusalAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var after = AfterOf(answer);
        var isLimit = answer.StatusCode == HttpStatusCode.TooManyRequests || (answer.StatusCode == HttpStatusCode.Forbidden && after is not null);
        return new GitHubRefusedException(
            answer.StatusCode, await MessageAsync(answer, cancellation), isLimit ? "" : Header(answer, "X-Accepted-GitHub-Permissions") ?? "",
            isLimit || (int)answer.StatusCode >= 500, after);
    }

    /// <summary>Null when GitHub does not limit us: a plain 403 is a missing permission.</summary>
    private TimeSpan? AfterOf(HttpResponseMessage answer)
    {
        if (answer.Headers.RetryAfter is { } retry)
            return retry.Delta ?? (retry.Date is { } date ? date - _time.GetUtcNow() : null);
        return Header(answer, "x-ratelimit-remaining") == "0" && long.TryParse(Header(answer, "x-ratelimit-reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var reset)
            ? DateTimeOffset.FromUnixTimeSeconds(reset) - _time.GetUtcNow()
            : null;
    }

    private static async Task<string> MessageAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        try
        {
            var refusal = await answer.Content.ReadFromJsonAsync(GitHubJson.Default.Refusal, cancellation);
            return refusal?.Message ?? $"status {(int)answer.StatusCode}";
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            // A proxy before GitHub answers in its own words.
            return string.Create(CultureInfo.InvariantCulture, $"status {(int)answer.StatusCode}");
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(type, cancellation) ?? throw new JsonException("the answer is empty");
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new GitHubRefusedException(answer.StatusCode, "the answer is not GitHub's JSON", "", false, null, failure);
        }
    }

    /// <summary><c>Link: &lt;URL&gt;; rel="next"</c>; a link to another host is not followed: the token would go there.</summary>
    private Uri? NextOf(HttpResponseMessage answer)
    {
        var link = Header(answer, "Link")?.Split(',').FirstOrDefault(l => l.Contains("rel=\"next\"", StringComparison.Ordinal));
        return link is not null && Uri.TryCreate(link.Split(';')[0].Trim().Trim('<', '>'), UriKind.Absolute, out var next) && next.Authority == _base.Authority ? next : null;
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
}
