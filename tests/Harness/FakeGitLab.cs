using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <summary>A note as the fake keeps it.</summary>
public sealed record FakeNote(long Author, string Body);

/// <summary>The calls of GitLab's REST interface that we make, with a memory. GitLab's own description of it is not at hand: the shapes are written here from its documentation.</summary>
/// <remarks>docs.gitlab.com/api/notes, /api/issues, /api/users, /api/merge_requests, /api/rest.</remarks>
public sealed class FakeGitLab : IAsyncDisposable
{
    public const string Token = "glpat-planted-token";

    /// <summary>The user behind <see cref="Token"/>.</summary>
    public const long Self = 42;

    private const int BodyLimit = 1_000_000;

    /// <summary>Method, path, the query's words, the body's fields; the first ones are required.</summary>
    private static readonly (string Method, string Path, string[] Query, string[] Body, int Required)[] Contract =
    [
        ("GET", "^/api/v4/user$", [], [], 0),
        ("GET", "^/api/v4/projects/[0-9]+/merge_requests/[0-9]+$", [], [], 0),
        ("GET", "^/api/v4/projects/[0-9]+/merge_requests/[0-9]+/diffs$", ["per_page", "page"], [], 0),
        ("GET", "^/api/v4/projects/[0-9]+/merge_requests/[0-9]+/notes$", ["sort", "order_by", "per_page", "page"], [], 0),
        ("POST", "^/api/v4/projects/[0-9]+/merge_requests/[0-9]+/notes$", [], ["body"], 1),
        ("PUT", "^/api/v4/projects/[0-9]+/merge_requests/[0-9]+/notes/[0-9]+$", [], ["body"], 1),
        ("GET", "^/api/v4/projects/[0-9]+/issues$", ["state", "labels", "per_page", "page"], [], 0),
        ("POST", "^/api/v4/projects/[0-9]+/issues$", [], ["title", "description", "labels", "confidential"], 1),
    ];

    private readonly HttpListener _listener = new();
    private readonly Task _work;
    private readonly ConcurrentDictionary<string, FakeAnswer> _scripted = new();
    private long _ids = 1000;

    public FakeGitLab()
    {
        for (var port = 21_000 + Random.Shared.Next(9000); ; port++)
        {
            _listener.Prefixes.Clear();
            Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/api/v4");
            _listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
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

    /// <summary>As <c>CI_API_V4_URL</c> has it.</summary>
    public string Url { get; }

    public ConcurrentQueue<FakeCall> Calls { get; } = new();

    public ConcurrentDictionary<long, FakeNote> Notes { get; } = new();

    public ConcurrentDictionary<long, JsonObject> Issues { get; } = new();

    /// <summary>Of <see cref="Issues"/>, what somebody has closed.</summary>
    public HashSet<long> Closed { get; } = [];

    /// <summary>What the merge request changes: the new path, and whether it is gone.</summary>
    public List<(string Path, bool IsDeleted)> Files { get; } = [];

    /// <summary>What GitLab counts; null = as many as it lists.</summary>
    public string? ChangesCount { get; set; }

    /// <summary>What is wrong with a call; a test ends with none.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>The next calls whose method and path match are answered like this; a message that begins with a brace is the whole answer.</summary>
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
                var (status, body) = Answer(context, await reader.ReadToEndAsync());
                context.Response.StatusCode = status;
                context.Response.ContentType = "application/json";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
                context.Response.Close();
            }
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException or IOException)
            {
                // Stopped, or the caller went away.
            }
        }
    }

    private (int Status, string Body) Answer(HttpListenerContext context, string body)
    {
        var (method, path, query) = (context.Request.HttpMethod, context.Request.Url!.AbsolutePath, context.Request.Url.Query);
        Calls.Enqueue(new FakeCall(method, path, query, body, context.Request.Headers["PRIVATE-TOKEN"] ?? ""));
        if (Wrong(method, path, query, body) is { } wrong)
        {
            Complaints.Enqueue($"{method} {path}{query}: {wrong}");
            return (400, Message(wrong));
        }

        if (_scripted.FirstOrDefault(s => Regex.IsMatch($"{method} {path}", s.Key)) is { Key: not null, Value: { Times: > 0 } answer } scripted)
        {
            _scripted[scripted.Key] = answer with { Times = answer.Times - 1 };
            foreach (var (name, value) in answer.Headers)
                context.Response.AddHeader(name, value);
            return (answer.Status, answer.Message.StartsWith('{') ? answer.Message : Message(answer.Message));
        }

        return context.Request.Headers["PRIVATE-TOKEN"] == Token ? Reply(method, path, query, body, context.Response) : (401, Message("401 Unauthorized"));
    }

    private static string? Wrong(string method, string path, string query, string body)
    {
        var call = Contract.FirstOrDefault(c => c.Method == method && Regex.IsMatch(path, c.Path));
        if (call.Method is null)
            return "no such call";
        var words = query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(w => w.Split('=')[0]).ToArray();
        if (words.Except(call.Query).FirstOrDefault() is { } unknown || (unknown = words.GroupBy(w => w).FirstOrDefault(g => g.Count() > 1)?.Key) is not null)
            return $"query: {unknown}";
        var fields = body.Length == 0 ? [] : JsonNode.Parse(body)!.AsObject().Select(f => f.Key).ToArray();
        return fields.Except(call.Body).FirstOrDefault() is { } extra ? $"{extra} does not exist"
            : call.Body.Take(call.Required).Except(fields).FirstOrDefault() is { } missing ? $"{missing} is missing"
            : null;
    }

    private (int Status, string Body) Reply(string method, string path, string query, string body, HttpListenerResponse response)
    {
        var sent = body.Length > 0 ? JsonNode.Parse(body)!.AsObject() : [];
        if ((sent["body"] ?? sent["description"])?.GetValue<string>().Length > BodyLimit)
            return (400, """{"message":{"note":["is too long (maximum is 1000000 characters)"]}}""");
        switch (method, path.Split('/')[^1])
        {
            case ("GET", "user"):
                return (200, $$"""{"id":{{Self}},"username":"project_7_bot"}""");
            case ("GET", "diffs"):
                return (200, Page(Files.Select(f => new JsonObject { ["old_path"] = $"old/{f.Path}", ["new_path"] = f.Path, ["deleted_file"] = f.IsDeleted, ["renamed_file"] = !f.IsDeleted }), query, response));
            case ("GET", _) when path.Split('/')[^2] == "merge_requests":
                return (200, new JsonObject { ["iid"] = 12, ["changes_count"] = ChangesCount ?? Files.Count.ToString(CultureInfo.InvariantCulture) }.ToJsonString());
            case ("GET", "notes"):
                return (200, Page(Notes.OrderBy(n => n.Key).Select(n => new JsonObject { ["id"] = n.Key, ["body"] = n.Value.Body, ["author"] = new JsonObject { ["id"] = n.Value.Author }, ["system"] = false }), query, response));
            case ("POST", "notes"):
                var made = Interlocked.Increment(ref _ids);
                Notes[made] = new FakeNote(Self, sent["body"]!.GetValue<string>());
                return (201, $$"""{"id":{{made}}}""");
            case ("PUT", var id):
                var number = long.Parse(id, CultureInfo.InvariantCulture);
                if (!Notes.TryGetValue(number, out var note) || note.Author != Self)
                    return (403, Message("403 Forbidden"));
                Notes[number] = note with { Body = sent["body"]!.GetValue<string>() };
                return (200, $$"""{"id":{{id}}}""");
            case ("GET", "issues"):
                return (200, Page(Issues.Where(i => query.Contains("state=all", StringComparison.Ordinal) || !Closed.Contains(i.Key)).OrderByDescending(i => i.Key).Select(i => new JsonObject { ["iid"] = i.Key, ["description"] = i.Value["description"]?.GetValue<string>() }), query, response));
            default:
                Issues[Interlocked.Increment(ref _ids)] = sent;
                return (201, """{"iid":1}""");
        }
    }

    /// <summary>The link names the address by which people reach GitLab: nobody answers there.</summary>
    private static string Page(IEnumerable<JsonObject> all, string query, HttpListenerResponse response)
    {
        const int size = 100;
        var page = Regex.Match(query, "[?&]page=([0-9]+)") is { Success: true } given ? int.Parse(given.Groups[1].Value, CultureInfo.InvariantCulture) : 1;
        var items = all.ToArray();
        var next = items.Length > page * size ? (page + 1).ToString(CultureInfo.InvariantCulture) : "";
        response.AddHeader("X-Next-Page", next);
        response.AddHeader("Link", $"<https://gitlab.example/api/v4/x?page={next}>; rel=\"next\"");
        return new JsonArray([.. items.Skip((page - 1) * size).Take(size)]).ToJsonString();
    }

    private static string Message(string text) => new JsonObject { ["message"] = text }.ToJsonString();
}
