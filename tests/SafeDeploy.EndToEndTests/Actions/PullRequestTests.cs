using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary><c>step: plan</c> in a pull request: one comment, annotations, outputs; with a fork's token the summary alone.</summary>
public sealed class PullRequestTests : IAsyncLifetime
{
    private const string Event = """{"pull_request":{"number":12,"head":{"sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","repo":{"full_name":"HEAD"}},"base":{"repo":{"full_name":"acme/pos"}}}}""";

    private readonly string _home = Directory.CreateTempSubdirectory("sd-pull-").FullName;
    private readonly FakeGitHub _github = new(Contracts.GitHub, TestServers.PostgresFromContainers.Host);
    private readonly string _label = $"safe-deploy-test.job={Guid.NewGuid().ToString("N")[..8]}";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        Assert.Empty(_github.Complaints);
        await _github.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task A_risky_change_has_one_comment_that_is_brought_up_to_date_and_its_lines_annotated()
    {
        _github.Files.Add("db/tenant/000002_code.up.sql");
        var risky = await PlanAsync("create index item_code on item (code);", "acme/pos");
        Assert.Equal("refuse", risky.Outputs["plan"]["conclusion"]);
        var comment = Assert.Single(_github.Comments);
        Assert.StartsWith("<!-- safe-deploy:plan:files -->\n", comment.Value, StringComparison.Ordinal);
        Assert.Contains("create-index-without-concurrently", comment.Value, StringComparison.Ordinal);
        var annotation = risky.Steps[0].Annotations.First(a => a.Level == "error");
        Assert.Equal(("db/tenant/000002_code.up.sql", "1"), (annotation.File, annotation.Line));
        Assert.Contains(_github.Calls, c => c.Path.EndsWith("/check-runs", StringComparison.Ordinal));
        Assert.Contains(_github.Calls, c => c.Path.EndsWith("/code-scanning/sarifs", StringComparison.Ordinal));
        var safe = await PlanAsync("alter table item add column note text;", "acme/pos");
        Assert.Equal(("pass", JobConclusion.Success), (safe.Outputs["plan"]["conclusion"], safe.Conclusion));
        Assert.NotEqual(comment.Value, Assert.Single(_github.Comments).Value);
        Assert.DoesNotContain("ghs_TestToken", risky.Everything + safe.Everything, StringComparison.Ordinal);
        Assert.All(_github.Calls, c => Assert.DoesNotContain("ghs_TestToken", c.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_of_a_fork_costs_the_comment_and_never_the_job()
    {
        _github.Script("(POST|PATCH) .*", new FakeAnswer(403, "Resource not accessible by integration", 99));
        var job = await PlanAsync("alter table item add column note text;", "mallory/pos", ("comment", "always"));
        Assert.Equal(JobConclusion.Success, job.Conclusion);
        Assert.Contains(job.Steps[0].Annotations, a => a.Level == "notice" && a.Message.Contains("pull-requests: write", StringComparison.Ordinal) && a.Message.Contains("fork", StringComparison.Ordinal));
        Assert.NotEqual("", job.Steps[0].Summary);
    }

    private async Task<JobReport> PlanAsync(string sql, string head, params (string, string)[] with)
    {
        var options = new JobOptions(Path.Combine(_home, Guid.NewGuid().ToString("N")[..8]), _label)
        {
            Event = Event.Replace("HEAD", head, StringComparison.Ordinal),
            ApiUrl = _github.Url,
        };
        var job = new JobHost(options);
        Directory.CreateDirectory(Path.Combine(options.Workspace, "db", "tenant"));
        foreach (var (name, text) in new[] { ("000001_items.up.sql", "create table item (id integer primary key, code text);"), ("000001_items.down.sql", "drop table item;"), ("000002_code.up.sql", sql), ("000002_code.down.sql", "select 1;") })
            await File.WriteAllTextAsync(Path.Combine(options.Workspace, "db", "tenant", name), text + "\n");
        return await job.RunAsync(new JobStep("plan")
        {
            Uses = await ProductImage.FaceAsync("plan"),
            With = [("files", "db/tenant"), ("config", ""), ("check-run", "true"), ("sarif", "true"), .. with],
        });
    }
}
