using System.Collections.Immutable;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.GitLab;
using SafeDeploy.Reporting;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>Our calls of GitLab's REST interface, and what is said where it refuses.</summary>
public sealed class GitLabReportsTests : IAsyncLifetime
{
    private const string Marker = "<!-- m -->";

    private readonly FakeGitLab _gitlab = new();
    private readonly FakeClock _clock = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        Assert.Empty(_gitlab.Complaints);
        Assert.All(_gitlab.Calls, call => Assert.DoesNotContain(FakeGitLab.Token, call.Path + call.Query + call.Body, StringComparison.Ordinal));
        await _gitlab.DisposeAsync();
    }

    [Fact]
    public async Task A_note_is_made_once_and_then_brought_up_to_date_even_on_the_third_page()
    {
        for (var i = 0; i < 250; i++)
            _gitlab.Notes[i] = new FakeNote(i == 240 ? FakeGitLab.Self : 1, i == 240 ? $"{Marker}\nold" : $"somebody quotes {Marker}");
        // Somebody else's note that begins like ours can not be changed, and is not ours.
        _gitlab.Notes[3] = new FakeNote(1, $"{Marker}\nmine");
        await Reports().NoteAsync("7", 12, Marker, $"{Marker}\nnew", onlyUpdate: false, default);
        Assert.Equal($"{Marker}\nnew", _gitlab.Notes[240].Body);
        Assert.Equal((250, $"{Marker}\nmine"), (_gitlab.Notes.Count, _gitlab.Notes[3].Body));
        await Reports().NoteAsync("7", 12, Marker, $"{Marker}\nnew", onlyUpdate: false, default);
        Assert.Single(_gitlab.Calls, c => c.Method != "GET");
        Assert.All(_gitlab.Calls, c => Assert.Equal(FakeGitLab.Token, c.Authorization));
    }

    [Fact]
    public async Task A_note_without_a_risk_only_updates_one_that_stands()
    {
        await Reports().NoteAsync("7", 12, Marker, $"{Marker}\nsafe", onlyUpdate: true, default);
        Assert.Empty(_gitlab.Notes);
        await Reports().NoteAsync("7", 12, Marker, $"{Marker}\nrisk", onlyUpdate: false, default);
        await Reports().NoteAsync("7", 12, Marker, $"{Marker}\nsafe", onlyUpdate: true, default);
        Assert.Equal($"{Marker}\nsafe", Assert.Single(_gitlab.Notes).Value.Body);
    }

    [Fact]
    public async Task A_deployment_has_one_issue_and_it_is_confidential()
    {
        for (var i = 0; i < 120; i++)
            _gitlab.Issues[i] = new System.Text.Json.Nodes.JsonObject { ["description"] = i == 4 ? null : "another" };
        await Reports().IssueAsync("7", Marker, "needs a person", $"{Marker}\nbody", default);
        await Reports().IssueAsync("7", Marker, "needs a person", $"{Marker}\nbody", default);
        Assert.Equal(121, _gitlab.Issues.Count);
        var issue = _gitlab.Issues[_gitlab.Issues.Keys.Max()];
        _gitlab.Closed.Add(_gitlab.Issues.Keys.Max());
        await Reports().IssueAsync("7", Marker, "needs a person", $"{Marker}\nbody", default);
        Assert.Equal(121, _gitlab.Issues.Count);
        Assert.Equal(("needs a person", "safe-deploy", true), (issue["title"]!.ToString(), issue["labels"]!.ToString(), issue["confidential"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task What_passes_is_asked_again_and_a_limit_is_waited_for()
    {
        _gitlab.Script("POST .*/notes", new FakeAnswer(502, "bad gateway", 2));
        await TurnAsync(Reports().NoteAsync("7", 12, Marker, $"{Marker}\na", false, default));
        _gitlab.Script("GET .*/issues", new FakeAnswer(429, "Retry later", 1, ("RateLimit-Remaining", "0"), ("RateLimit-Reset", _clock.GetUtcNow().AddSeconds(3).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture))));
        await TurnAsync(Reports().IssueAsync("7", Marker, "t", $"{Marker}\nb", default));
        Assert.Single(_gitlab.Notes);
        Assert.Single(_gitlab.Issues);
    }

    [Theory]
    [InlineData(401, """{"message":"401 Unauthorized"}""", "has expired: rotate it")]
    [InlineData(403, """{"error":"insufficient_scope","error_description":"needs higher privileges","scope":"api"}""", "403: needs higher privileges). The token in SAFE_DEPLOY_GITLAB_TOKEN may not do it here. Make a project access token (Settings > Access tokens) with the role Reporter and the scope api")]
    [InlineData(404, """{"message":"404 Project Not Found"}""", "may not do it here")]
    [InlineData(400, """{"message":{"note":["is too long"]}}""", "is too long")]
    [InlineData(400, """{"message":"no"}""", "GitLab refused it (400: no).")]
    public async Task A_refusal_names_the_token_and_where_to_grant_it(int status, string answer, string said)
    {
        _gitlab.Script("GET .*/user", new FakeAnswer(status, answer, 9));
        Assert.Contains(said, await NoticeAsync(hasToken: true), StringComparison.Ordinal);
        Assert.Empty(_gitlab.Notes);
    }

    [Fact]
    public async Task Without_a_token_the_notice_says_which_one_is_missing_and_a_fork_why()
    {
        Assert.Contains("a job's own token may not write one. Make a project access token", await NoticeAsync(hasToken: false), StringComparison.Ordinal);
        Assert.Contains("the pipeline of a fork has no token of this project", await NoticeAsync(hasToken: false, source: "99"), StringComparison.Ordinal);
        Assert.Empty(_gitlab.Calls);
    }

    private async Task<string> NoticeAsync(bool hasToken, string source = "7")
    {
        var variables = new Dictionary<string, string>
        {
            ["CI_API_V4_URL"] = _gitlab.Url,
            ["CI_PROJECT_ID"] = source,
            ["CI_MERGE_REQUEST_IID"] = "12",
            ["CI_MERGE_REQUEST_PROJECT_ID"] = "7",
            ["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"] = source,
        }.ToImmutableDictionary();
        var said = new List<HostAnnotation>();
        using var rest = new GitLabRest(new Uri(_gitlab.Url), FakeGitLab.Token, _clock);
        var teller = new GitLabTeller(GitLabContext.Of(variables), GitLabInputs.Read(variables.Add("SAFE_DEPLOY_INPUT_COMMENT", "always")), hasToken ? new GitLabReports(rest, _clock) : null, Redactor.None, said.AddRange);
        await teller.TellAsync(new StepResult("plan", false, 0, """{"verdict":{"summary":"no risk"},"statements":[]}""", null), default);
        return Assert.Single(said).Message;
    }

    private GitLabReports Reports() => new(new GitLabRest(new Uri(_gitlab.Url), FakeGitLab.Token, _clock), _clock);

    /// <summary>Time passes whenever the work waits for it.</summary>
    private async Task TurnAsync(Task work)
    {
        while (!work.IsCompleted)
        {
            await Task.Delay(20);
            // Slowly: a call under way has a limit on the same clock.
            _clock.Advance(TimeSpan.FromSeconds(0.2));
        }

        await work;
    }
}
