using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SafeDeploy.Integrations.DeployTargets.Docker.Engine;

/// <summary>One Docker engine, spoken to by its HTTP API. One file a resource; here is how any call is made.</summary>
public sealed partial class DockerEngine : IDisposable
{
    private static readonly Version Oldest = new(1, 41);
    private static readonly Version Newest = new(1, 44);
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(30);

    private readonly Uri host;
    private readonly TimeProvider time;
    private readonly HttpClient client;
    private string? version;

    public DockerEngine(Uri host, TimeProvider time)
    {
        this.host = host;
        this.time = time;
        client = new HttpClient(HandlerOf(host)) { Timeout = Timeout.InfiniteTimeSpan, BaseAddress = AddressOf(host) };
    }

    /// <summary>Asked just before every call that changes something.</summary>
    public Func<CancellationToken, Task> BeforeChange { get; set; } = _ => Task.CompletedTask;

    /// <summary>True when the engine's machine may be another one than ours.</summary>
    public bool IsRemote => host.Scheme != "unix";

    public void Dispose() => client.Dispose();

    /// <summary>The API version both sides speak.</summary>
    public async Task<string> PingAsync(CancellationToken cancellation)
    {
        using var answer = await SendRawAsync(new HttpRequestMessage(HttpMethod.Get, "_ping"), Quick, cancellation);
        await EnsureAsync(answer, "GET /_ping", [], cancellation);
        var text = answer.Headers.TryGetValues("Api-Version", out var values) ? values.First() : "";
        if (!Version.TryParse(text, out var server))
            throw TargetProblems.EngineIsAway(host.ToString(), "what answers there is not a Docker engine", null);
        if (server < Oldest)
            throw TargetProblems.EngineIsTooOld(host.ToString(), text);
        return version = (server < Newest ? server : Newest).ToString();
    }

    public Task<EngineInfo> InfoAsync(CancellationToken cancellation) => GetAsync("info", EngineJson.Default.EngineInfo, cancellation);

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        await FindAsync(path, type, cancellation)
        ?? throw TargetProblems.EngineRefusedCall($"GET /{path}", (int)HttpStatusCode.NotFound, "it is not there");

    /// <summary>Null for 404.</summary>
    private async Task<T?> FindAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var answer = await CallAsync(HttpMethod.Get, path, null, Quick, [HttpStatusCode.NotFound], cancellation);
        return answer.StatusCode == HttpStatusCode.NotFound ? default : await ReadAsync(answer, type, $"GET /{path}", cancellation);
    }

    /// <summary>A call whose answer has no body of interest; gives the status so that the accepted ones can be told apart.</summary>
    private async Task<HttpStatusCode> ChangeAsync(HttpMethod method, string path, HttpContent? content, TimeSpan limit, HttpStatusCode[] accepted, CancellationToken cancellation)
    {
        // Asked for first, so that nothing lies between the proof and the call.
        version ??= await PingAsync(cancellation);
        await BeforeChange(cancellation);
        using var answer = await CallAsync(method, path, content, limit, accepted, cancellation);
        return answer.StatusCode;
    }

    private async Task<HttpResponseMessage> CallAsync(
        HttpMethod method, string path, HttpContent? content, TimeSpan limit, HttpStatusCode[] accepted, CancellationToken cancellation, string? registryAuth = null)
    {
        var api = version ?? await PingAsync(cancellation);
        var request = new HttpRequestMessage(method, $"v{api}/{path}") { Content = content };
        if (registryAuth is not null)
            request.Headers.Add("X-Registry-Auth", registryAuth);
        var answer = await SendRawAsync(request, limit, cancellation);
        await EnsureAsync(answer, $"{method} /{path.Split('?')[0]}", accepted, cancellation);
        return answer;
    }

    private async Task<HttpResponseMessage> SendRawAsync(HttpRequestMessage request, TimeSpan limit, CancellationToken cancellation)
    {
        using var clock = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, clock.Token);
        using (request)
            try
            {
                return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            }
            catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
            {
                throw TargetProblems.EngineTookTooLong($"{request.Method} /{request.RequestUri?.OriginalString.Split('?')[0]}", limit, late);
            }
            catch (HttpRequestException failure) when (failure.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied })
            {
                throw TargetProblems.SocketIsDenied(host.ToString(), failure);
            }
            catch (HttpRequestException failure)
            {
                throw TargetProblems.EngineIsAway(host.ToString(), WhyAway(failure), failure);
            }
    }

    private static async Task EnsureAsync(HttpResponseMessage answer, string call, HttpStatusCode[] accepted, CancellationToken cancellation)
    {
        if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotModified || Array.IndexOf(accepted, answer.StatusCode) >= 0)
            return;
        using (answer)
            throw TargetProblems.EngineRefusedCall(call, (int)answer.StatusCode, await MessageAsync(answer, cancellation));
    }

    private static async Task<string> MessageAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        try
        {
            return JsonSerializer.Deserialize(text, EngineJson.Default.EngineError)?.Message ?? text.Trim();
        }
        catch (JsonException)
        {
            // A proxy before the engine answers in its own words.
            return text.Trim();
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, string call, CancellationToken cancellation)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(type, cancellation)
                ?? throw TargetProblems.EngineRefusedCall(call, (int)answer.StatusCode, "the answer is empty");
        }
        catch (JsonException failure)
        {
            throw TargetProblems.EngineRefusedCall(call, (int)answer.StatusCode, $"the answer is not the engine's JSON ({failure.Message})");
        }
    }

    private static JsonContent Body<T>(T value, JsonTypeInfo<T> type) => JsonContent.Create(value, type);

    private static string Escape(string text) => Uri.EscapeDataString(text);

    private static string Seconds(TimeSpan span) => Math.Ceiling(span.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private static string WhyAway(HttpRequestException failure) => failure.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connection refused",
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => "the socket does not exist",
        SocketException socket => $"connection failed ({socket.SocketErrorCode})",
        _ => $"the exchange failed ({failure.HttpRequestError})",
    };

    private static Uri AddressOf(Uri host) => host.Scheme == "unix" ? new Uri("http://engine/") : new Uri($"http://{host.Authority}/");

    private static SocketsHttpHandler HandlerOf(Uri host)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (host.Scheme == "unix")
            handler.ConnectCallback = (_, cancellation) => new ValueTask<Stream>(ConnectAsync(host, cancellation));
        return handler;
    }

    private static async Task<Stream> ConnectAsync(Uri host, CancellationToken cancellation)
    {
        var isUnix = host.Scheme == "unix";
        var socket = isUnix ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(isUnix ? new UnixDomainSocketEndPoint(host.AbsolutePath) : new DnsEndPoint(host.Host, host.Port), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
