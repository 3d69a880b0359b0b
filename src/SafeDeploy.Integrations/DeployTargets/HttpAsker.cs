using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.DeployTargets;

/// <summary>Asks over HTTP and always comes back with an answer: a failure to ask is one too.</summary>
/// <param name="connect">How an address is reached; null = directly.</param>
public sealed class HttpAsker(TimeProvider time, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect = null) : IDisposable
{
    private const int BodyLimit = 64 * 1024;

    // No proxy, no redirects, no cookies: the answer of exactly this address is the evidence.
    private readonly HttpClient client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        ConnectCallback = connect,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    public async Task<HttpAnswer> AskAsync(Uri root, HttpQuestion question, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        using var limit = new CancellationTokenSource(question.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            using var request = RequestOf(root, question);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            var body = await ReadBodyAsync(response, both.Token);
            return new HttpAnswer((int)response.StatusCode, HeadersOf(response), body, time.GetElapsedTime(started), "");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return HttpAnswer.None($"no answer within {question.Timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s", time.GetElapsedTime(started));
        }
        catch (HttpRequestException failure)
        {
            return HttpAnswer.None(Reason(failure), time.GetElapsedTime(started));
        }
        catch (IOException failure)
        {
            return HttpAnswer.None($"the connection broke in the middle of the answer: {failure.Message}", time.GetElapsedTime(started));
        }
    }

    public void Dispose() => client.Dispose();

    private static HttpRequestMessage RequestOf(Uri root, HttpQuestion question)
    {
        var request = new HttpRequestMessage(new HttpMethod(question.Method), new Uri(root, question.Path));
        if (question.Body is { } body)
            request.Content = new StringContent(body, Encoding.UTF8);
        foreach (var (name, value) in question.Headers)
        {
            if (request.Headers.TryAddWithoutValidation(name, value) || request.Content is null)
                continue;
            request.Content.Headers.Remove(name);
            request.Content.Headers.TryAddWithoutValidation(name, value);
        }
        return request;
    }

    private static async Task<string> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = ArrayPool<byte>.Shared.Rent(BodyLimit);
        try
        {
            var read = await stream.ReadAtLeastAsync(buffer.AsMemory(0, BodyLimit), BodyLimit, throwOnEndOfStream: false, cancellation);
            return Encoding.UTF8.GetString(buffer, 0, read);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ImmutableDictionary<string, string> HeadersOf(HttpResponseMessage response)
    {
        var all = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (HttpHeaders headers in new HttpHeaders[] { response.Headers, response.Content.Headers })
            foreach (var (name, values) in headers)
                all[name] = string.Join(", ", values);
        return all.ToImmutable();
    }

    private static string Reason(HttpRequestException failure) => failure.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connection refused",
        SocketException { SocketErrorCode: SocketError.HostUnreachable or SocketError.NetworkUnreachable } => "no route to the address",
        SocketException socket => $"connection failed ({socket.SocketErrorCode})",
        _ => failure.HttpRequestError switch
        {
            HttpRequestError.ResponseEnded => "the connection was closed without an answer",
            HttpRequestError.InvalidResponse => "the answer is not HTTP",
            HttpRequestError.NameResolutionError => "the name is not known",
            _ => $"the exchange failed ({failure.HttpRequestError})",
        },
    };
}
