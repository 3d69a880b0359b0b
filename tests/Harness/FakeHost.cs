using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <summary>A CI host's REST interface on loopback: every call is recorded and checked against a published document, or answered as a test scripts it.</summary>
public abstract class FakeHost : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _work;
    private readonly ConcurrentDictionary<string, FakeAnswer> _scripted = new();

    protected FakeHost()
    {
        for (var port = 21_000 + Random.Shared.Next(9000); ; port++)
        {
            _listener.Prefixes.Clear();
            Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
            _listener.Prefixes.Add(Url + "/");
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

        _work = Task.Run(ListenAsync);
    }

    public string Url { get; }

    public ConcurrentQueue<FakeCall> Calls { get; } = new();

    /// <summary>What the document says against a call; a test ends with none.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>The next calls whose method and path match are answered like this.</summary>
    public void Script(string call, FakeAnswer answer) => _scripted[call] = answer;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _work;
        _listener.Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>What the document says against the call; null when nothing.</summary>
    protected abstract string? Wrong(HttpListenerRequest request, string body);

    protected abstract (int Status, string Body) Reply(string method, string path, string query, JsonNode? sent);

    private async Task ListenAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
                await AnswerAsync(context, await reader.ReadToEndAsync());
            }
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException or IOException)
            {
                // Stopped, or the caller went away.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context, string body)
    {
        var (method, path, query) = (context.Request.HttpMethod, context.Request.Url!.AbsolutePath, context.Request.Url.Query);
        Calls.Enqueue(new FakeCall(method, path, query, body, context.Request.Headers["Authorization"] ?? ""));
        if (Wrong(context.Request, body) is { } wrong)
        {
            Complaints.Enqueue($"{method} {path}: {wrong}");
            await WriteAsync(context, 400, Message(wrong));
            return;
        }

        if (_scripted.FirstOrDefault(s => Regex.IsMatch($"{method} {path}", s.Key)) is { Key: not null, Value: { Times: > 0 } answer } scripted)
        {
            _scripted[scripted.Key] = answer with { Times = answer.Times - 1 };
            foreach (var (name, value) in answer.Headers)
                context.Response.AddHeader(name, value);
            await WriteAsync(context, answer.Status, Message(answer.Message));
            return;
        }

        var (status, reply) = Reply(method, path, query, body.Length > 0 ? JsonNode.Parse(body) : null);
        await WriteAsync(context, status, reply);
    }

    private static string Message(string text) => new JsonObject { ["message"] = text }.ToJsonString();

    private static async Task WriteAsync(HttpListenerContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
        context.Response.Close();
    }
}
