using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace SafeDeploy.Tests.Harness;

/// <summary>The REST interface of Azure DevOps with a memory: threads, statuses, iterations, work items, build tags.</summary>
public sealed class FakeAzure(SwaggerDocuments documents) : FakeHost
{
    private int _ids = 100;

    public ConcurrentDictionary<int, JsonObject> Threads { get; } = new();

    public ConcurrentQueue<JsonObject> Statuses { get; } = new();

    public ConcurrentQueue<(string Type, JsonArray Fields)> WorkItems { get; } = new();

    /// <summary>Of all builds of the project.</summary>
    public ConcurrentQueue<(string Build, string Tag)> Tags { get; } = new();

    /// <summary>What the last iteration changes, with a slash before it.</summary>
    public List<string> Files { get; } = [];

    /// <summary>How, where a file is not simply edited: words, or a number.</summary>
    public Dictionary<string, JsonNode> Kinds { get; } = [];

    /// <summary>Older servers say the status of a thread as a number.</summary>
    public bool SaysNumbers { get; set; }

    /// <summary>Content and status of every thread, in order.</summary>
    public (string Content, string Status)[] Said => [.. Threads.OrderBy(t => t.Key).Select(t => (t.Value["comments"]![0]!["content"]!.ToString(), t.Value["status"]!.ToString()))];

    protected override string? Wrong(FakeCall call, string? contentType) => documents.Wrong(call.Method, $"/acme{call.Path}", call.Query, call.Body, contentType);

    protected override FakeReply Reply(FakeCall call, JsonNode? sent)
    {
        var parts = Uri.UnescapeDataString(call.Path).Split('/');
        switch (call.Method, parts[^1])
        {
            case ("GET", "threads"):
                return new FakeReply(200, List(Threads.OrderBy(t => t.Key).Select(t => Shown(t.Value))));
            case ("POST", "threads"):
                var id = Interlocked.Increment(ref _ids);
                var thread = sent!.DeepClone().AsObject();
                (thread["id"], thread["isDeleted"]) = (id, false);
                (thread["comments"]![0]!["id"], thread["comments"]![0]!["isDeleted"]) = (1, false);
                Threads[id] = thread;
                return new FakeReply(200, thread.ToJsonString());
            case ("PATCH", _) when parts[^2] == "threads":
                Threads[Number(parts[^1])]["status"] = sent!["status"]!.ToString();
                return new FakeReply(200, "{}");
            case ("PATCH", _) when parts[^2] == "comments":
                Threads[Number(parts[^3])]["comments"]![0]!["content"] = sent!["content"]!.ToString();
                return new FakeReply(200, "{}");
            case ("GET", "iterations"):
                return new FakeReply(200, List([Iteration(1, 'a'), Iteration(2, 'b')]));
            case ("GET", "changes"):
                return new FakeReply(200, Changes(call.Query));
            case ("POST", "statuses"):
                Statuses.Enqueue(sent!.AsObject());
                return new FakeReply(200, "{}");
            case ("GET", "tags"):
                return new FakeReply(200, List(Tags.Select(t => t.Tag).Distinct().Select(t => (JsonNode)t)));
            case ("POST", "tags"):
                foreach (var tag in sent!.AsArray())
                    Tags.Enqueue((parts[^2], tag!.ToString()));
                return new FakeReply(200, List([]));
            default:
                WorkItems.Enqueue((parts[^1].TrimStart('$'), sent!.AsArray()));
                return new FakeReply(200, new JsonObject { ["id"] = 900 + WorkItems.Count }.ToJsonString());
        }
    }

    private JsonObject Shown(JsonObject thread)
    {
        var shown = thread.DeepClone().AsObject();
        if (SaysNumbers)
            shown["status"] = Array.IndexOf(["unknown", "active", "fixed", "wontFix", "closed", "byDesign", "pending"], thread["status"]!.ToString());
        return shown;
    }

    private static JsonObject Iteration(int id, char commit) => new() { ["id"] = id, ["sourceRefCommit"] = new JsonObject { ["commitId"] = new string(commit, 40) } };

    private string Changes(string query)
    {
        const int page = 2;
        var skip = query.TrimStart('?').Split('&').Where(p => p.StartsWith("$skip=", StringComparison.Ordinal)).Select(p => Number(p["$skip=".Length..])).FirstOrDefault();
        var shown = Files.Skip(skip).Take(page).Select((f, i) => (JsonNode)new JsonObject { ["changeTrackingId"] = skip + i + 1, ["changeType"] = Kinds.GetValueOrDefault(f)?.DeepClone() ?? "edit", ["item"] = new JsonObject { ["path"] = f } });
        return new JsonObject { ["changeEntries"] = new JsonArray([.. shown]), ["nextSkip"] = skip + page < Files.Count ? skip + page : 0 }.ToJsonString();
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string List(IEnumerable<JsonNode> value) => new JsonObject { ["value"] = new JsonArray([.. value]) }.ToJsonString();
}
