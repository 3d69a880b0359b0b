using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <summary>A note as the fake keeps it.</summary>
public sealed record FakeNote(long Author, string Body);

/// <summary>The calls of GitLab's REST interface that we make, with a memory. GitLab's own description of it is not at hand: the shapes are written here from its documentation.</summary>
/// <remarks>docs.gitlab.com/api/notes, /api/issues, /api/users, /api/merge_requests, /api/rest.</remarks>
public sealed class FakeGitLab() : FakeHost(below: "/api/v4")
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

    private long _ids = 1000;

    public ConcurrentDictionary<long, FakeNote> Notes { get; } = new();

    public ConcurrentDictionary<long, JsonObject> Issues { get; } = new();

    /// <summary>Of <see cref="Issues"/>, what somebody has closed.</summary>
    public HashSet<long> Closed { get; } = [];

    /// <summary>What the merge request changes: the new path, and whether it is gone.</summary>
    public List<(string Path, bool IsDeleted)> Files { get; } = [];

    /// <summary>What GitLab counts; null = as many as it lists.</summary>
    public string? ChangesCount { get; set; }

    protected override string TokenHeader => "PRIVATE-TOKEN";

    protected override string? Wrong(FakeCall call, string? contentType)
    {
        var known = Contract.FirstOrDefault(c => c.Method == call.Method && Regex.IsMatch(call.Path, c.Path));
        if (known.Method is null)
            return "no such call";
        var words = call.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(w => w.Split('=')[0]).ToArray();
        if (words.Except(known.Query).FirstOrDefault() is { } unknown || (unknown = words.GroupBy(w => w).FirstOrDefault(g => g.Count() > 1)?.Key) is not null)
            return $"query: {unknown}";
        var fields = call.Body.Length == 0 ? [] : JsonNode.Parse(call.Body)!.AsObject().Select(f => f.Key).ToArray();
        return fields.Except(known.Body).FirstOrDefault() is { } extra ? $"{extra} does not exist"
            : known.Body.Take(known.Required).Except(fields).FirstOrDefault() is { } missing ? $"{missing} is missing"
            : null;
    }

    protected override FakeReply Reply(FakeCall call, JsonNode? sent)
    {
        if (call.Authorization != Token)
            return new FakeReply(401, Message("401 Unauthorized"));
        if ((sent?["body"] ?? sent?["description"])?.GetValue<string>().Length > BodyLimit)
            return new FakeReply(400, """{"message":{"note":["is too long (maximum is 1000000 characters)"]}}""");
        var parts = call.Path.Split('/');
        switch (call.Method, parts[^1])
        {
            case ("GET", "user"):
                return new FakeReply(200, $$"""{"id":{{Self}},"username":"project_7_bot"}""");
            case ("GET", "diffs"):
                return List(Files.Select(f => new JsonObject { ["old_path"] = $"old/{f.Path}", ["new_path"] = f.Path, ["deleted_file"] = f.IsDeleted, ["renamed_file"] = !f.IsDeleted }), call);
            case ("GET", _) when parts[^2] == "merge_requests":
                return new FakeReply(200, new JsonObject { ["iid"] = 12, ["changes_count"] = ChangesCount ?? Files.Count.ToString(CultureInfo.InvariantCulture) }.ToJsonString());
            case ("GET", "notes"):
                return List(Notes.OrderBy(n => n.Key).Select(n => new JsonObject { ["id"] = n.Key, ["body"] = n.Value.Body, ["author"] = new JsonObject { ["id"] = n.Value.Author }, ["system"] = false }), call);
            case ("POST", "notes"):
                var made = Interlocked.Increment(ref _ids);
                Notes[made] = new FakeNote(Self, sent!["body"]!.GetValue<string>());
                return new FakeReply(201, $$"""{"id":{{made}}}""");
            case ("PUT", var id):
                return Change(long.Parse(id, CultureInfo.InvariantCulture), sent!["body"]!.GetValue<string>());
            case ("GET", "issues"):
                return List(
                    Issues.Where(i => call.Query.Contains("state=all", StringComparison.Ordinal) || !Closed.Contains(i.Key)).OrderByDescending(i => i.Key)
                        .Select(i => new JsonObject { ["iid"] = i.Key, ["description"] = i.Value["description"]?.GetValue<string>() }), call);
            default:
                Issues[Interlocked.Increment(ref _ids)] = sent!.AsObject();
                return new FakeReply(201, """{"iid":1}""");
        }
    }

    /// <summary>Only one's own note.</summary>
    private FakeReply Change(long id, string body)
    {
        if (!Notes.TryGetValue(id, out var note) || note.Author != Self)
            return new FakeReply(403, Message("403 Forbidden"));
        Notes[id] = note with { Body = body };
        return new FakeReply(200, $$"""{"id":{{id}}}""");
    }

    /// <summary>The link names the address by which people reach GitLab: nobody answers there.</summary>
    private static FakeReply List(IEnumerable<JsonObject> all, FakeCall call)
    {
        var (body, next) = Page(all, call.Query);
        var number = next?.ToString(CultureInfo.InvariantCulture) ?? "";
        return new FakeReply(200, body, ("X-Next-Page", number), ("Link", $"<https://gitlab.example/api/v4/x?page={number}>; rel=\"next\""));
    }
}
