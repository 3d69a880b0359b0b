using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>One conversation with a CI host's REST interface: how any call is made, read, paged and refused. A host says what is its own.</summary>
public abstract class RestConversation : IDisposable
{
    // A page that names itself as the next one must not be asked for ever.
    private const int MostPages = 40;

    private static readonly TimeSpan OneCall = TimeSpan.FromSeconds(20);

    private readonly HttpClient _client;

    /// <param name="api">Paths are relative to it.</param>
    /// <param name="followsRedirects">False where a redirection means "sign in".</param>
    protected RestConversation(Uri api, TimeProvider time, bool followsRedirects = true)
    {
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = followsRedirects }) { Timeout = Timeout.InfiniteTimeSpan };
        Time = time;
        Base = new Uri(api.ToString().TrimEnd('/') + "/");
        Headers.UserAgent.Add(new ProductInfoHeaderValue("safe-deploy", "1"));
    }

    protected Uri Base { get; }

    protected TimeProvider Time { get; }

    protected HttpRequestHeaders Headers => _client.DefaultRequestHeaders;

    public void Dispose()
    {
        _client.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Who is spoken to, for messages.</summary>
    protected abstract string Name { get; }

    /// <summary>Where the answer says that the next page is; null = it was the last.</summary>
    protected abstract Uri? NextOf(HttpResponseMessage answer);

    /// <summary>The permission that a refusal names; empty when it names none.</summary>
    protected abstract string NeedsOf(HttpResponseMessage answer);

    /// <summary>When the host wants to be asked again; null when it does not limit us.</summary>
    protected virtual TimeSpan? AfterOf(HttpResponseMessage answer) => answer.Headers.RetryAfter is not { } retry
        ? null
        : retry.Delta ?? (retry.Date is { } date ? date - Time.GetUtcNow() : null);

    /// <summary>The host's own words in the JSON of a refusal; null when there are none.</summary>
    protected abstract string? MessageOf(JsonElement refusal);

    /// <summary>All pages, in order; stops early when <paramref name="enough"/> says so.</summary>
    public async Task<List<T>> ListAsync<T>(string path, JsonTypeInfo<T[]> type, Func<T, bool> enough, CancellationToken cancellation)
    {
        var all = new List<T>();
        var next = new Uri(Base, path);
        for (var page = 0; page < MostPages && next is not null; page++)
        {
            using var answer = await SendAsync(HttpMethod.Get, next, null, cancellation);
            var items = await ReadAsync(answer, type, cancellation);
            all.AddRange(items);
            next = items.Any(enough) ? null : NextOf(answer);
        }

        return all;
    }

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Get, new Uri(Base, path), null, cancellation);
        return await ReadAsync(answer, type, cancellation);
    }

    public async Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellation)
    {
        using var answer = await SendAsync(method, new Uri(Base, path), Content(body, bodyType), cancellation);
        return await ReadAsync(answer, answerType, cancellation);
    }

    public async Task SendAsync<TBody>(HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> type, CancellationToken cancellation)
    {
        using var answer = await SendAsync(method, new Uri(Base, path), Content(body, type), cancellation);
    }

    /// <summary>A body as the host wants it; JSON unless it says otherwise.</summary>
    protected virtual HttpContent Content<TBody>(TBody body, JsonTypeInfo<TBody> type) => JsonContent.Create(body, type);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri url, HttpContent? content, CancellationToken cancellation)
    {
        using var clock = new CancellationTokenSource(OneCall, Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, clock.Token);
        using var request = new HttpRequestMessage(method, url) { Content = content };
        try
        {
            var answer = await _client.SendAsync(request, both.Token);
            if (IsDone(answer))
                return answer;
            using (answer)
                throw await RefusalAsync(answer, both.Token);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new RestRefusedException(null, string.Create(CultureInfo.InvariantCulture, $"no answer within {OneCall.TotalSeconds:0} s"), "", true, null, late);
        }
        catch (HttpRequestException failure)
        {
            throw new RestRefusedException(null, $"the exchange failed ({failure.HttpRequestError})", "", true, null, failure);
        }
    }

    /// <summary>The host did what it was asked.</summary>
    protected virtual bool IsDone(HttpResponseMessage answer) => answer.IsSuccessStatusCode;

    private async Task<RestRefusedException> RefusalAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var after = AfterOf(answer);
        var isLimit = answer.StatusCode == HttpStatusCode.TooManyRequests || (answer.StatusCode == HttpStatusCode.Forbidden && after is not null);
        return new RestRefusedException(
            answer.StatusCode, await MessageAsync(answer, cancellation), isLimit ? "" : NeedsOf(answer),
            isLimit || (int)answer.StatusCode >= 500, after);
    }

    private async Task<string> MessageAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var status = string.Create(CultureInfo.InvariantCulture, $"status {(int)answer.StatusCode}");
        try
        {
            using var refusal = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellation));
            return MessageOf(refusal.RootElement) is { Length: > 0 } said ? said : status;
        }
        catch (JsonException)
        {
            // A proxy before the host answers in its own words.
            return status;
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(type, cancellation) ?? throw new JsonException("the answer is empty");
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new RestRefusedException(answer.StatusCode, $"the answer is not {Name}'s JSON", "", false, null, failure);
        }
    }

    /// <summary><c>Link: &lt;URL&gt;; rel="next"</c>; a link to another host is not followed: the token would go there.</summary>
    protected Uri? NextByLink(HttpResponseMessage answer)
    {
        var link = Header(answer, "Link")?.Split(',').FirstOrDefault(l => l.Contains("rel=\"next\"", StringComparison.Ordinal));
        return link is not null && Uri.TryCreate(link.Split(';')[0].Trim().Trim('<', '>'), UriKind.Absolute, out var next) && next.Authority == Base.Authority ? next : null;
    }

    /// <summary>A property of an object that is a text; else null.</summary>
    protected static string? TextOf(JsonElement refusal, string property) =>
        refusal.ValueKind == JsonValueKind.Object && refusal.TryGetProperty(property, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    protected static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
}
