using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <param name="Body">Empty for a GET.</param>
/// <param name="Authorization">The header by which the host knows a caller, as it came.</param>
public sealed record FakeCall(string Method, string Path, string Query, string Body, string Authorization);

/// <param name="Message">The host's words; one that begins with a brace is the whole answer.</param>
/// <param name="Times">So many calls are answered like this, then it is over.</param>
public sealed record FakeAnswer(int Status, string Message, int Times, params (string Name, string Value)[] Headers);

/// <param name="Body">JSON.</param>
public sealed record FakeReply(int Status, string Body, params (string Name, string Value)[] Headers);

/// <summary>A CI host's REST interface: every call is recorded and checked, or answered as a test scripts it. What a host remembers and says is its own.</summary>
public abstract class FakeHost : IAsyncDisposable
{
    private const int PageSize = 100;

    private readonly HttpListener _listener = new();
    private readonly Task _work;
    private readonly ConcurrentDictionary<string, FakeAnswer> _scripted = new();

    /// <param name="address">One that callers reach, e.g. the bridge's for containers.</param>
    /// <param name="below">The path of the interface, without a slash at its end.</param>
    protected FakeHost(string address = "127.0.0.1", string below = "")
    {
        for (var port = 21_000 + Random.Shared.Next(9000); ; port++)
        {
            _listener.Prefixes.Clear();
            Root = string.Create(CultureInfo.InvariantCulture, $"http://{address}:{port}");
            _listener.Prefixes.Add(Root + "/");
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException)
            {
                // Somebody else listens there.
            }
        }

        Url = Root + below;
        _work = Task.Run(ListenAsync);
    }

    /// <summary>As the host's own variable has it.</summary>
    public string Url { get; }

    public ConcurrentQueue<FakeCall> Calls { get; } = new();

    /// <summary>What is wrong with a call; a test ends with none.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>Without a path.</summary>
    protected string Root { get; }

    /// <summary>The header by which the host knows a caller.</summary>
    protected virtual string TokenHeader => "Authorization";

    /// <summary>What the host says of a call that is not as it is described.</summary>
    protected virtual int WrongStatus => 400;

    /// <summary>The next calls whose method and path match are answered like this.</summary>
    public void Script(string call, FakeAnswer answer) => _scripted[call] = answer;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _work;
        _listener.Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>What the host's description says against the call; null when nothing.</summary>
    protected abstract string? Wrong(FakeCall call, string? contentType);

    /// <param name="sent">Null without a body.</param>
    protected abstract FakeReply Reply(FakeCall call, JsonNode? sent);

    protected static string Message(string text) => new JsonObject { ["message"] = text }.ToJsonString();

    /// <summary>The page of a list that the query asks for, and the number of the next one; null after the last.</summary>
    protected static (string Body, int? Next) Page(IEnumerable<JsonObject> all, string query)
    {
        var page = Regex.Match(query, "[?&]page=([0-9]+)") is { Success: true } given ? int.Parse(given.Groups[1].Value, CultureInfo.InvariantCulture) : 1;
        var items = all.ToArray();
        return (new JsonArray([.. items.Skip((page - 1) * PageSize).Take(PageSize)]).ToJsonString(), items.Length > page * PageSize ? page + 1 : null);
    }

    private async Task ListenAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
                var request = context.Request;
                var call = new FakeCall(request.HttpMethod, request.Url!.AbsolutePath, request.Url.Query, await reader.ReadToEndAsync(), request.Headers[TokenHeader] ?? "");
                Calls.Enqueue(call);
                await WriteAsync(context.Response, Answer(call, request.ContentType));
            }
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException or IOException)
            {
                // Stopped, or the caller went away.
            }
        }
    }

    private FakeReply Answer(FakeCall call, string? contentType)
    {
        if (Wrong(call, contentType) is { } wrong)
        {
            Complaints.Enqueue($"{call.Method} {call.Path}{call.Query}: {wrong}");
            return new FakeReply(WrongStatus, Message(wrong));
        }

        if (_scripted.FirstOrDefault(s => Regex.IsMatch($"{call.Method} {call.Path}", s.Key)) is not { Key: not null, Value: { Times: > 0 } answer } scripted)
            return Reply(call, call.Body.Length > 0 ? JsonNode.Parse(call.Body) : null);
        _scripted[scripted.Key] = answer with { Times = answer.Times - 1 };
        return new FakeReply(answer.Status, answer.Message.StartsWith('{') ? answer.Message : Message(answer.Message), answer.Headers);
    }

    private static async Task WriteAsync(HttpListenerResponse response, FakeReply reply)
    {
        response.StatusCode = reply.Status;
        response.ContentType = "application/json; charset=utf-8";
        foreach (var (name, value) in reply.Headers)
            response.AddHeader(name, value);
        await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(reply.Body));
        response.Close();
    }
}
