using System.Collections.Immutable;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.GitHub;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>Our calls of GitHub's REST interface against the document that GitHub publishes, with everything that may go wrong.</summary>
public sealed class GitHubReportsTests : IAsyncLifetime
{
    private const string Marker = "<!-- m -->";

    private readonly FakeGitHub _github = new(Contracts.GitHub);
    private readonly FakeClock _clock = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        Assert.Empty(_github.Complaints);
        Assert.All(_github.Calls, call => Assert.Equal("Bearer tok-planted", call.Authorization));
        Assert.All(_github.Calls, call => Assert.DoesNotContain("tok-planted", call.Path + call.Query + call.Body, StringComparison.Ordinal));
        await _github.DisposeAsync();
    }

    [Fact]
    public async Task A_comment_is_made_once_and_then_brought_up_to_date_even_on_the_third_page()
    {
        for (var i = 0; i < 250; i++)
            _github.Comments[i] = i == 240 ? $"{Marker}\nold" : $"somebody quotes {Marker}";
        await Reports().CommentAsync(12, Marker, $"{Marker}\nnew", onlyUpdate: false, default);
        Assert.Equal($"{Marker}\nnew", _github.Comments[240]);
        Assert.Equal(250, _github.Comments.Count);
        await Reports().CommentAsync(12, Marker, $"{Marker}\nnew", onlyUpdate: false, default);
        Assert.Single(_github.Calls, c => c.Method != "GET");
    }

    [Fact]
    public async Task A_comment_without_a_risk_only_updates_one_that_stands()
    {
        await Reports().CommentAsync(12, Marker, $"{Marker}\nsafe", onlyUpdate: true, default);
        Assert.Empty(_github.Comments);
        await Reports().CommentAsync(12, Marker, $"{Marker}\nrisk", onlyUpdate: false, default);
        await Reports().CommentAsync(12, Marker, $"{Marker}\nsafe", onlyUpdate: true, default);
        Assert.Equal($"{Marker}\nsafe", Assert.Single(_github.Comments).Value);
    }

    [Fact]
    public async Task Every_report_is_as_the_document_says()
    {
        var reports = Reports();
        _github.Files.AddRange(Enumerable.Range(0, 230).Select(i => $"db/{i}.sql"));
        Assert.Equal(230, (await reports.ChangedPathsAsync(12, default))?.Count);
        await reports.CheckRunAsync(
            new NewCheckRun("safe-deploy plan", new string('a', 40), "completed", "neutral", "https://github.example/run", new CheckRunOutput("title", "summary", Annotations(120))), default);
        Assert.Equal(["POST", "PATCH", "PATCH"], _github.Calls.Where(c => c.Path.Contains("check-runs", StringComparison.Ordinal)).Select(c => c.Method));
        _github.Deployments[1] = ("prod", "\"somebody else's\"", []);
        _github.Deployments[2] = ("prod", """{"safe_deploy":"prod-0"}""", []);
        foreach (var state in new[] { "in_progress", "success", "failure", "inactive" })
            await reports.DeploymentStatusAsync(await reports.DeploymentAsync("main", "prod", "prod-1", default), new NewDeploymentStatus(state, "https://github.example/run", "released", "https://app.example", true), default);
        Assert.Equal("in_progress success failure inactive", string.Join(' ', Assert.Single(_github.Deployments, d => d.Value.Payload.Contains("prod-1", StringComparison.Ordinal)).Value.States));
        await reports.SarifAsync(new string('a', 40), "refs/heads/main", "{}", default);
        await reports.IssueAsync(Marker, "needs a person", $"{Marker}\nbody", default);
        await reports.IssueAsync(Marker, "needs a person", $"{Marker}\nbody", default);
        _github.Closed.Add(Assert.Single(_github.Issues).Key);
        await reports.IssueAsync(Marker, "needs a person", $"{Marker}\nbody", default);
        Assert.Single(_github.Issues);
    }

    [Fact]
    public async Task What_passes_is_asked_again_and_what_does_not_is_told_with_its_permission()
    {
        _github.Script("POST .*/comments", new FakeAnswer(502, "bad gateway", 2));
        await TurnAsync(Reports().CommentAsync(12, Marker, $"{Marker}\na", false, default));
        Assert.Single(_github.Comments);
        _github.Script("POST .*/issues", new FakeAnswer(429, "slow down", 1, ("Retry-After", "3")));
        await TurnAsync(Reports().IssueAsync(Marker, "t", $"{Marker}\nb", default));
        Assert.Single(_github.Issues);
        _github.Script("POST .*/sarifs", new FakeAnswer(403, "rate limit", 1, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", _clock.GetUtcNow().AddSeconds(3).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture))));
        await TurnAsync(Reports().SarifAsync(new string('a', 40), "refs/heads/main", "{}", default));
        _github.Script("PATCH .*", new FakeAnswer(403, "Resource not accessible by integration", 9, ("X-Accepted-GitHub-Permissions", "issues=write; pull_requests=write")));
        var calls = _github.Calls.Count;
        var refused = await Assert.ThrowsAsync<RestRefusedException>(() => Reports().CommentAsync(12, Marker, $"{Marker}\nchanged", false, default));
        Assert.Equal(("issues=write; pull_requests=write", false), (refused.Needs, refused.IsPassing));
        Assert.Equal(calls + 2, _github.Calls.Count);
    }

    [Fact]
    public async Task A_limit_that_lasts_longer_than_the_patience_is_not_waited_for()
    {
        _github.Script("GET .*", new FakeAnswer(429, "slow down", 9, ("Retry-After", "3600")));
        var refused = await Assert.ThrowsAsync<RestRefusedException>(() => Reports().ChangedPathsAsync(12, default));
        Assert.Equal(TimeSpan.FromHours(1), refused.After);
        Assert.Single(_github.Calls);
    }

    [Fact]
    public async Task An_enterprise_server_is_asked_below_its_own_path()
    {
        await Reports("/api/v3").CommentAsync(12, Marker, $"{Marker}\na", false, default);
        Assert.All(_github.Calls, c => Assert.StartsWith("/api/v3/repos/acme/pos/", c.Path, StringComparison.Ordinal));
    }

    private GitHubReports Reports(string below = "") => new(new GitHubRest(new Uri(_github.Url + below), "tok-planted", _clock), "acme/pos", _clock);

    private static ImmutableArray<CheckAnnotation> Annotations(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new CheckAnnotation("db/a.sql", i, i, "warning", "high: rule", "message"))];

    /// <summary>Time passes whenever the work waits for it.</summary>
    private async Task TurnAsync(Task work)
    {
        while (!work.IsCompleted)
        {
            await Task.Delay(20);
            // Slowly: a call under way has a limit on the same clock.
            _clock.Advance(TimeSpan.FromSeconds(0.05));
        }

        await work;
    }
}
