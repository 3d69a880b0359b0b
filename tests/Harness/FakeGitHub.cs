using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <param name="Body">Empty for a GET.</param>
public sealed record FakeCall(string Method, string Path, string Query, string Body, string Authorization);

/// <param name="Times">So many calls are answered like this, then it is over.</param>
public sealed record FakeAnswer(int Status, string Message, int Times, params (string Name, string Value)[] Headers);

/// <summary>GitHub's REST interface with a memory: comments, issues, changed files; every call is checked against the published document.</summary>
public sealed class FakeGitHub : IAsyncDisposable
{
    private const int BodyLimit = 65_536;

    private readonly HttpListener _listener = new();
    private readonly OpenApi _document;
    private readonly Task _work;
    private readonly ConcurrentDictionary<string, FakeAnswer> _scripted = new();
    private readonly ConcurrentDictionary<long, int> _commentsOf = new();
    private long _ids = 1000;

    /// <param name="host">An address that callers reach, e.g. the bridge's for containers.</param>
    public FakeGitHub(OpenApi document, string host = "127.0.0.1")
    {
        _document = document;
        for (var port = 21_000 + Random.Shared.Next(9000); ; port++)
        {
            _listener.Prefixes.Clear();
            Url = string.Create(CultureInfo.InvariantCulture, $"http://{host}:{port}");
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

    public ConcurrentDictionary<long, string> Comments { get; } = new();

    /// <summary>Of one pull request, in order.</summary>
    public string[] CommentsOf(int pullRequest) => [.. _commentsOf.Where(c => c.Value == pullRequest).OrderBy(c => c.Key).Select(c => Comments[c.Key])];

    public ConcurrentDictionary<long, (string Title, string Body)> Issues { get; } = new();

    /// <summary>Of <see cref="Issues"/>, what somebody has closed.</summary>
    public HashSet<long> Closed { get; } = [];

    /// <summary>Deployments by id: environment, what its maker put in, and every state it was given, in order.</summary>
    public ConcurrentDictionary<long, (string Environment, string Payload, ImmutableList<string> States)> Deployments { get; } = new();

    public List<string> Files { get; } = [];

    /// <summary>Files that were deleted, among <see cref="Files"/>.</summary>
    public HashSet<string> Removed { get; } = [];

    /// <summary>What the document says against a call; a test ends with none.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>The next calls whose path matches are answered like this.</summary>
    public void Script(string path, FakeAnswer answer) => _scripted[path] = answer;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _work;
        _listener.Close();
    }

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
        var template = Regex.Replace(path, "^/api/v3", "");
        if (_document.Wrong(method, template, query, body) is { } wrong)
        {
            Complaints.Enqueue($"{method} {path}: {wrong}");
            await WriteAsync(context, 422, Message(wrong));
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

        var (status, reply) = Reply(method, template, query, body, context.Response);
        await WriteAsync(context, status, reply);
    }

    private (int Status, string Body) Reply(string method, string path, string query, string body, HttpListenerResponse response)
    {
        var sent = body.Length > 0 ? JsonNode.Parse(body)!.AsObject() : [];
        if (sent["body"]?.GetValue<string>().Length > BodyLimit)
            return (422, Message("Body is too long (maximum is 65536 characters)"));
        var parts = path.Split('/');
        switch (method, path)
        {
            case ("GET", _) when path.EndsWith("/comments", StringComparison.Ordinal):
                var asked = int.Parse(parts[^2], CultureInfo.InvariantCulture);
                return (200, Page(Comments.Where(c => _commentsOf.GetValueOrDefault(c.Key, asked) == asked).OrderBy(c => c.Key).Select(c => Object(c.Key, ("body", c.Value))), path, query, response));
            case ("GET", _) when path.EndsWith("/files", StringComparison.Ordinal):
                return (200, Page(Files.Select(f => Object(0, ("filename", f), ("status", Removed.Contains(f) ? "removed" : "modified"))), path, query, response));
            case ("GET", _) when path.EndsWith("/issues", StringComparison.Ordinal):
                return (200, Page(Issues.Where(i => query.Contains("state=all", StringComparison.Ordinal) || !Closed.Contains(i.Key)).Select(i => Object(i.Key, ("body", i.Value.Body))), path, query, response));
            case ("GET", _) when path.EndsWith("/deployments", StringComparison.Ordinal):
                return (200, Page(Deployments.Where(d => query.Contains($"environment={Uri.EscapeDataString(d.Value.Environment)}&", StringComparison.Ordinal)).OrderByDescending(d => d.Key).Select(Deployed), path, query, response));
            case ("POST", _) when path.EndsWith("/deployments", StringComparison.Ordinal):
                return (201, Made(path, sent));
            case ("POST", _) when path.EndsWith("/statuses", StringComparison.Ordinal):
                var standing = long.Parse(parts[^2], CultureInfo.InvariantCulture);
                Deployments[standing] = Deployments[standing] with { States = Deployments[standing].States.Add(sent["state"]!.ToString()) };
                return (201, _document.Example("POST", path, "201"));
            case ("PATCH", _) when path.Contains("/issues/comments/", StringComparison.Ordinal):
                Comments[long.Parse(parts[^1], CultureInfo.InvariantCulture)] = sent["body"]!.GetValue<string>();
                return (200, _document.Example("PATCH", path, "200"));
            case ("POST", _) when path.EndsWith("/comments", StringComparison.Ordinal):
                var made = Interlocked.Increment(ref _ids);
                (_commentsOf[made], Comments[made]) = (int.Parse(parts[^2], CultureInfo.InvariantCulture), sent["body"]!.GetValue<string>());
                return (201, _document.Example("POST", path, "201"));
            case ("POST", _) when path.EndsWith("/issues", StringComparison.Ordinal):
                Issues[Interlocked.Increment(ref _ids)] = (sent["title"]!.ToString(), sent["body"]!.GetValue<string>());
                return (201, _document.Example("POST", path, "201"));
            case ("POST", _) when path.EndsWith("/sarifs", StringComparison.Ordinal):
                return (202, _document.Example("POST", path, "202"));
            default:
                return method == "PATCH" ? (200, _document.Example(method, path, "200")) : (201, _document.Example(method, path, "201"));
        }
    }

    private string Made(string path, JsonObject sent)
    {
        var id = Interlocked.Increment(ref _ids);
        Deployments[id] = (sent["environment"]!.ToString(), sent["payload"]!.ToJsonString(), []);
        var made = JsonNode.Parse(_document.Example("POST", path, "201"))!.AsObject();
        made["id"] = id;
        return made.ToJsonString();
    }

    private static JsonObject Deployed(KeyValuePair<long, (string Environment, string Payload, ImmutableList<string> States)> one) =>
        new() { ["id"] = one.Key, ["environment"] = one.Value.Environment, ["payload"] = JsonNode.Parse(one.Value.Payload) };

    private string Page(IEnumerable<JsonObject> all, string path, string query, HttpListenerResponse response)
    {
        const int size = 100;
        var page = Regex.Match(query, "[?&]page=([0-9]+)") is { Success: true } given ? int.Parse(given.Groups[1].Value, CultureInfo.InvariantCulture) : 1;
        var items = all.ToArray();
        if (items.Length > page * size)
            response.AddHeader("Link", string.Create(CultureInfo.InvariantCulture, $"<{Url}{path}?per_page=100&page={page + 1}>; rel=\"next\", <{Url}{path}?page=99>; rel=\"last\""));
        return new JsonArray([.. items.Skip((page - 1) * size).Take(size)]).ToJsonString();
    }

    private static JsonObject Object(long id, params (string Name, string Value)[] members)
    {
        var one = new JsonObject { ["id"] = id, ["number"] = id };
        foreach (var (name, value) in members)
            one[name] = value;
        return one;
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
