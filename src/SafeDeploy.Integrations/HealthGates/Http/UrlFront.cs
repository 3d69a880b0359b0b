using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.HealthGates.Http;

/// <summary>The front door at <c>health.url</c>. Follows no redirect, keeps no cookie, uses no proxy of the machine.</summary>
public sealed class UrlFront : IDisposable
{
    private const int LongestBody = 64 * 1024;
    private readonly HttpClient _client;
    private readonly Uri _url;
    private readonly TimeProvider _clock;

    public UrlFront(Uri url, TimeProvider clock)
    {
        _url = url;
        _clock = clock;
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Never throws for a subject that does not answer: the answer then has status 0 and says why.</summary>
    public async Task<HttpAnswer> AskAsync(HttpQuestion question, CancellationToken cancellation)
    {
        var started = _clock.GetTimestamp();
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(question.Timeout);
        try
        {
            using var request = Request(question);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limited.Token);
            var body = await BodyAsync(response.Content, limited.Token);
            return new HttpAnswer((int)response.StatusCode, Headers(response.Headers, response.Content.Headers), body, _clock.GetElapsedTime(started), "");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return HttpAnswer.None($"no answer within {HttpGate.Text(question.Timeout)}", _clock.GetElapsedTime(started));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return HttpAnswer.None(failure.Message, _clock.GetElapsedTime(started));
        }
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Request(HttpQuestion question)
    {
        var path = $"{_url.AbsolutePath.TrimEnd('/')}/{question.Path.TrimStart('/')}";
        var request = new HttpRequestMessage(new HttpMethod(question.Method), new Uri(_url, path));
        foreach (var (name, value) in question.Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (question.Body is { } body)
            request.Content = new StringContent(body, Encoding.UTF8);
        return request;
    }

    private static async Task<string> BodyAsync(HttpContent content, CancellationToken cancellation)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[LongestBody];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static ImmutableDictionary<string, string> Headers(params HttpHeaders[] groups)
    {
        var headers = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in groups.SelectMany(g => g))
            headers[name] = string.Join(", ", values);
        return headers.ToImmutable();
    }
}
