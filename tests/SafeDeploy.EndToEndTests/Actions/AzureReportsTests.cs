using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.Azure;
using SafeDeploy.Ledger;
using SafeDeploy.Reporting;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>Our calls of the REST interface of Azure DevOps against what Microsoft publishes, with everything that may go wrong.</summary>
public sealed class AzureReportsTests : IAsyncLifetime
{
    private const string Marker = "<!-- m -->";
    private const string Needs = "TF401027: You need the Git 'PullRequestContribute' permission to perform this action.";

    private readonly FakeAzure _azure = new(AzureContracts.Load());
    private readonly FakeClock _clock = new();
    private readonly List<HostAnnotation> _said = [];
    private string _build = "4711";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        Assert.Empty(_azure.Complaints);
        Assert.All(_azure.Calls, call => Assert.Equal("Bearer tok-planted", call.Authorization));
        Assert.All(_azure.Calls, call => Assert.DoesNotContain("tok-planted", call.Path + call.Query + call.Body, StringComparison.Ordinal));
        await _azure.DisposeAsync();
    }

    [Fact]
    public async Task A_thread_is_active_while_the_plan_refuses_and_closed_when_it_passes()
    {
        await Reports().ThreadAsync(Marker, $"{Marker}\nrisk", isActive: true, onlyUpdate: false, default);
        Assert.Equal([($"{Marker}\nrisk", "active")], _azure.Said);
        await Reports().ThreadAsync(Marker, $"{Marker}\nsafe", isActive: false, onlyUpdate: true, default);
        Assert.Equal([($"{Marker}\nsafe", "closed")], _azure.Said);
        await Reports().ThreadAsync(Marker, $"{Marker}\nrisk again", isActive: true, onlyUpdate: true, default);
        Assert.Equal([($"{Marker}\nrisk again", "active")], _azure.Said);
    }

    [Fact]
    public async Task What_a_person_decided_about_an_unchanged_text_stays_also_where_the_status_is_a_number()
    {
        await Reports().ThreadAsync(Marker, $"{Marker}\nrisk", isActive: true, onlyUpdate: false, default);
        _azure.Threads.Values.Single()["status"] = "wontFix";
        _azure.SaysNumbers = true;
        var calls = _azure.Calls.Count;
        await Reports().ThreadAsync(Marker, $"{Marker}\nrisk", isActive: true, onlyUpdate: false, default);
        Assert.Equal("wontFix", Assert.Single(_azure.Said).Status);
        Assert.Equal(calls + 1, _azure.Calls.Count);
    }

    [Fact]
    public async Task A_plan_of_a_pull_request_leaves_one_thread_its_lines_and_a_status_of_the_iteration_that_was_built()
    {
        _azure.Files.AddRange(["/app/db/a.sql", "/app/db/b.sql", "/app/other.txt"]);
        await TellAsync(Plan(refuses: true, "db/a.sql", "db/a.sql", "db/unchanged.sql"), ("threads", "5"), ("pull-request-status", "true"));
        Assert.Equal(3, _azure.Said.Length);
        Assert.All(_azure.Said, said => Assert.Equal("active", said.Status));
        var line = _azure.Threads.Values.First(t => t["threadContext"] is not null);
        Assert.Equal("/app/db/a.sql", line["threadContext"]!["filePath"]!.ToString());
        Assert.Equal("2", line["pullRequestThreadContext"]!["iterationContext"]!["secondComparingIteration"]!.ToString());
        var status = Assert.Single(_azure.Statuses);
        Assert.Equal(("failed", "plan/prod", "2"), (status["state"]!.ToString(), status["context"]!["name"]!.ToString(), status["iterationId"]!.ToString()));
        Assert.StartsWith("https://dev.example/acme/point%20of%20sale/_build/results?buildId=4711&view=logs&j=job&t=task", status["targetUrl"]!.ToString().Replace(_azure.Url, "https://dev.example/acme", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.All(_said, a => Assert.Equal("app/db/a.sql", a.File));
        await TellAsync(Plan(refuses: false), ("threads", "5"), ("pull-request-status", "true"));
        Assert.Equal(["closed", "fixed", "fixed"], _azure.Said.Select(s => s.Status));
        Assert.Equal("succeeded", _azure.Statuses.Last()["state"]!.ToString());
    }

    [Fact]
    public async Task One_work_item_a_deployment_holds_the_post_mortem_and_escapes_what_others_wrote()
    {
        await TellAsync(NeedsPerson(), ("open-work-item", "true"), ("work-item-type", "Bug"));
        await TellAsync(NeedsPerson(), ("open-work-item", "true"), ("work-item-type", "Bug"));
        var made = Assert.Single(_azure.WorkItems);
        Assert.Equal("Bug", made.Type);
        var description = made.Fields.Single(f => f!["path"]!.ToString() == "/fields/System.Description")!["value"]!.ToString();
        Assert.Contains("&lt;script&gt;", description, StringComparison.Ordinal);
        Assert.Contains("<h2>Post-mortem</h2>", description, StringComparison.Ordinal);
        Assert.Contains(made.Fields, f => f!["value"]!.ToString().Contains("vstfs:///Build/Build/4711", StringComparison.Ordinal));
        Assert.Equal(("4711", "safe-deploy-work-item-prod-1-901"), Assert.Single(_azure.Tags));
    }

    [Fact]
    public async Task A_second_build_finds_the_work_item_of_the_deployment_and_no_other_ones()
    {
        foreach (var tag in new[] { "safe-deploy-work-item-prod-1-2-900", "safe-deploy-work-item-prod-900", "safe-deploy-work-item-prod-1-", "safe-deploy-work-item-900", "prod-1" })
            _azure.Tags.Enqueue(("4000", tag));
        await TellAsync(NeedsPerson(), ("open-work-item", "true"), ("work-item-type", "Issue"));
        _build = "4712";
        await TellAsync(NeedsPerson(), ("open-work-item", "true"), ("work-item-type", "Issue"));
        Assert.Single(_azure.WorkItems);
        // A name that is no tag is made one, the same way for both.
        await TellAsync(NeedsPerson("prod' OR 1=1; --/x"), ("open-work-item", "true"), ("work-item-type", "Issue"));
        await TellAsync(NeedsPerson("prod' OR 1=1; --/x"), ("open-work-item", "true"), ("work-item-type", "Issue"));
        Assert.Equal(("4712", "safe-deploy-work-item-prod--OR-1-1-----x-902"), _azure.Tags.Last());
        Assert.Equal(2, _azure.WorkItems.Count);
    }

    [Fact]
    public async Task A_tag_that_is_asked_for_again_or_refused_makes_no_second_work_item()
    {
        _azure.Script("POST .*/builds/4711/tags", new FakeAnswer(503, "busy", 1));
        await TurnAsync(TellAsync(NeedsPerson(), ("open-work-item", "true"), ("work-item-type", "Issue")));
        Assert.Equal((1, 1), (_azure.WorkItems.Count, _azure.Tags.Count));
        _azure.Script("POST .*/builds/4711/tags", new FakeAnswer(403, "no", 1));
        await TellAsync(NeedsPerson("prod-2"), ("open-work-item", "true"), ("work-item-type", "Issue"));
        Assert.Equal("no tag by which other builds find the work item: refused (403: no).", _said.Last().Message);
    }

    [Theory]
    [InlineData("POST .*/threads", 403, Needs, "\"Contribute to pull requests\"")]
    [InlineData("POST .*/threads", 404, Needs, "Project settings > Repositories > pos > Security")]
    [InlineData("GET .*/threads", 404, "TF401019: The Git repository does not exist or you do not have permissions", "resources: repositories")]
    [InlineData("GET .*/threads", 401, "", "valid while the job runs")]
    [InlineData("GET .*/threads", 203, "", "valid while the job runs")]
    public async Task A_refusal_names_the_permission_and_where_it_is_granted(string call, int status, string message, string sentence)
    {
        _azure.Script(call, new FakeAnswer(status, message, 99));
        await TellAsync(Plan(refuses: true), ("threads", "0"));
        Assert.Contains(_said, a => a.Level == "warning" && a.Message.Contains(sentence, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_work_item_names_its_permission_or_the_types_that_exist()
    {
        foreach (var (status, sentence) in new[] { (403, "Edit work items in this node"), (404, "Scrum: Bug, Impediment") })
        {
            _azure.Script("POST .*/workitems/.*", new FakeAnswer(status, "no", 1));
            await TellAsync(NeedsPerson(), ("open-work-item", "true"), ("work-item-type", "Issue"));
            Assert.Contains(sentence, _said.Last().Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_passes_is_asked_again_and_a_sign_in_page_is_not()
    {
        _azure.Script("GET .*/threads", new FakeAnswer(503, "busy", 1, ("Retry-After", "1")));
        await TurnAsync(Reports().ThreadAsync(Marker, $"{Marker}\na", true, false, default));
        Assert.Single(_azure.Threads);
        _azure.Script("GET .*/threads", new FakeAnswer(302, "", 9, ("Location", "https://signin.example/")));
        var refused = await Assert.ThrowsAsync<RestRefusedException>(() => Reports().ThreadAsync(Marker, "x", true, false, default));
        Assert.Equal((HttpStatusCode.Redirect, false), (refused.Status, refused.IsPassing));
    }

    [Fact]
    public void The_shapes_written_by_hand_know_no_call_that_the_published_documents_lack()
    {
        var published = AzureContracts.Load().Calls.Select(c => c.ToUpperInvariant()).ToHashSet();
        Assert.NotEmpty(published);
        Assert.DoesNotContain(AzureContracts.HandWritten.Calls, c => !published.Contains(c.ToUpperInvariant()));
    }

    /// <summary>Time passes whenever the work waits for it.</summary>
    private async Task TurnAsync(Task work)
    {
        while (!work.IsCompleted)
        {
            await Task.Delay(20);
            _clock.Advance(TimeSpan.FromSeconds(0.05));
        }

        await work;
    }

    private AzureContext Context => AzureContext.Of(new Dictionary<string, string>
    {
        ["SYSTEM_COLLECTIONURI"] = _azure.Url + "/",
        ["SYSTEM_TEAMPROJECT"] = "point of sale",
        ["BUILD_REPOSITORY_PROVIDER"] = "TfsGit",
        ["BUILD_REPOSITORY_ID"] = "repo",
        ["BUILD_REPOSITORY_NAME"] = "pos",
        ["BUILD_BUILDID"] = _build,
        ["SYSTEM_JOBID"] = "job",
        ["SYSTEM_TASKINSTANCEID"] = "task",
        ["SYSTEM_PULLREQUEST_PULLREQUESTID"] = "12",
        ["SYSTEM_PULLREQUEST_SOURCECOMMITID"] = new string('b', 40),
    }.ToImmutableDictionary());

    private AzureReports Reports() => new(new AzureRest(Context.Collection, "tok-planted", _clock), Context, _clock);

    private async Task TellAsync(StepResult result, params (string Name, string Value)[] given)
    {
        var inputs = HostModel.Inputs.ToImmutableDictionary(i => i.Name, _ => "").SetItem("config", "app/safe-deploy.yml").SetItem("comment", "always").SetItems(given.ToDictionary(g => g.Name, g => g.Value));
        var teller = new AzureTeller(Context, inputs, Reports(), null, Redactor.None, _said.AddRange);
        await teller.TellAsync(result, await teller.ChangeAsync(default), default);
    }

    private static StepResult Plan(bool refuses, params string[] files) => new("plan", false, refuses ? 3 : 0, JsonSerializer.Serialize(
        new DeployPlanDocument(
            "prod", "v2", null, [], 3, 1, [], null, false, "tenants back", [.. files.Select((f, i) => new RiskLine(f, i + 1, "drop-column", "high", "message", "remedy"))], [], []),
        SafeDeployJson.Default.DeployPlanDocument), null);

    private static StepResult NeedsPerson(string deployment = "prod-1")
    {
        var problem = new ProblemNote("SD0101", "<script>alert(1)</script>", "where", "untouched", "now", "next", "");
        var report = new RunReport(deployment, "pos", "prod", null, null, null, null, 2, "nothing may go back", [], null, [], [problem], []);
        return new StepResult("run", true, 2, JsonSerializer.Serialize(new OutcomeDocument("forbidden", 2, report.Statement, [], report), SafeDeployJson.Default.OutcomeDocument), null);
    }
}
