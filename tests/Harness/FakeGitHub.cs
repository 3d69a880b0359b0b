using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <summary>GitHub's REST interface with a memory: comments, issues, changed files; every call is checked against the published document.</summary>
/// <param name="address">One that callers reach, e.g. the bridge's for containers.</param>
public sealed class FakeGitHub(OpenApi document, string address = "127.0.0.1") : FakeHost(address)
{
    private const int BodyLimit = 65_536;

    private readonly ConcurrentDictionary<long, int> _commentsOf = new();
    private long _ids = 1000;

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

    protected override int WrongStatus => 422;

    protected override string? Wrong(FakeCall call, string? contentType) => document.Wrong(call.Method, PathOf(call), call.Query, call.Body);

    protected override FakeReply Reply(FakeCall call, JsonNode? sent)
    {
        if (sent?["body"]?.GetValue<string>().Length > BodyLimit)
            return new FakeReply(422, Message("Body is too long (maximum is 65536 characters)"));
        var path = PathOf(call);
        var parts = path.Split('/');
        switch (call.Method, parts[^1])
        {
            case ("GET", "comments"):
                var asked = int.Parse(parts[^2], CultureInfo.InvariantCulture);
                return List(Comments.Where(c => _commentsOf.GetValueOrDefault(c.Key, asked) == asked).OrderBy(c => c.Key).Select(c => Object(c.Key, ("body", c.Value))), call);
            case ("GET", "files"):
                return List(Files.Select(f => Object(0, ("filename", f), ("status", Removed.Contains(f) ? "removed" : "modified"))), call);
            case ("GET", "issues"):
                return List(Issues.Where(i => call.Query.Contains("state=all", StringComparison.Ordinal) || !Closed.Contains(i.Key)).Select(i => Object(i.Key, ("body", i.Value.Body))), call);
            case ("GET", "deployments"):
                return List(Deployments.Where(d => call.Query.Contains($"environment={Uri.EscapeDataString(d.Value.Environment)}&", StringComparison.Ordinal)).OrderByDescending(d => d.Key).Select(Deployed), call);
            case ("POST", "deployments"):
                return new FakeReply(201, Made(path, sent!));
            case ("POST", "statuses"):
                var standing = long.Parse(parts[^2], CultureInfo.InvariantCulture);
                Deployments[standing] = Deployments[standing] with { States = Deployments[standing].States.Add(sent!["state"]!.ToString()) };
                return Example(call, 201);
            case ("PATCH", _) when parts[^2] == "comments":
                Comments[long.Parse(parts[^1], CultureInfo.InvariantCulture)] = sent!["body"]!.GetValue<string>();
                return Example(call, 200);
            case ("POST", "comments"):
                var made = Interlocked.Increment(ref _ids);
                (_commentsOf[made], Comments[made]) = (int.Parse(parts[^2], CultureInfo.InvariantCulture), sent!["body"]!.GetValue<string>());
                return Example(call, 201);
            case ("POST", "issues"):
                Issues[Interlocked.Increment(ref _ids)] = (sent!["title"]!.ToString(), sent["body"]!.GetValue<string>());
                return Example(call, 201);
            case ("POST", "sarifs"):
                return Example(call, 202);
            default:
                return Example(call, call.Method == "PATCH" ? 200 : 201);
        }
    }

    /// <summary>As the document has it: an Enterprise Server is asked below a path of its own.</summary>
    private static string PathOf(FakeCall call) => Regex.Replace(call.Path, "^/api/v3", "");

    private FakeReply Example(FakeCall call, int status) => new(status, document.Example(call.Method, PathOf(call), status.ToString(CultureInfo.InvariantCulture)));

    private string Made(string path, JsonNode sent)
    {
        var id = Interlocked.Increment(ref _ids);
        Deployments[id] = (sent["environment"]!.ToString(), sent["payload"]!.ToJsonString(), []);
        var made = JsonNode.Parse(document.Example("POST", path, "201"))!.AsObject();
        made["id"] = id;
        return made.ToJsonString();
    }

    private static JsonObject Deployed(KeyValuePair<long, (string Environment, string Payload, ImmutableList<string> States)> one) =>
        new() { ["id"] = one.Key, ["environment"] = one.Value.Environment, ["payload"] = JsonNode.Parse(one.Value.Payload) };

    private FakeReply List(IEnumerable<JsonObject> all, FakeCall call)
    {
        var (body, next) = Page(all, call.Query);
        return next is null
            ? new FakeReply(200, body)
            : new FakeReply(200, body, ("Link", string.Create(CultureInfo.InvariantCulture, $"<{Root}{call.Path}?per_page=100&page={next}>; rel=\"next\", <{Root}{call.Path}?page=99>; rel=\"last\"")));
    }

    private static JsonObject Object(long id, params (string Name, string Value)[] members)
    {
        var one = new JsonObject { ["id"] = id, ["number"] = id };
        foreach (var (name, value) in members)
            one[name] = value;
        return one;
    }
}
