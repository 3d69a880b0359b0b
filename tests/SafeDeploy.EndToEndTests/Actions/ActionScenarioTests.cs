using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The action in jobs that go well, fail, are cancelled, time out, are evicted and die: never a mixed fleet.</summary>
public sealed class ActionScenarioTests
{
    private const string Quick = "alter table item add column note text;";
    private const string QuickBack = "alter table item drop column note;";

    // What a database says, as somebody would write it who wants to be obeyed.
    private const string Hostile =
        @"do $$ begin if exists (select from item group by code having count(*) > 1) then raise exception E'::error::mine\n::set-output name=result::mine\n| ] ; <b>`x`</b> @acme/owners'; end if; end $$;";

    [Fact]
    public async Task A_chain_in_one_job_is_released_and_a_later_failure_takes_nothing_back()
    {
        await using var fleet = await ActionFleet.CreateAsync(Quick, QuickBack);
        var job = await fleet.Job().RunAsync(
            await ActionFleet.StepAsync("preflight"), await ActionFleet.StepAsync("migrate-tenants"), new JobStep("chat") { Run = _ => Task.FromResult(1) });
        Assert.Equal(
            """
            Run safe-deploy/migrate/action/preflight@v1: success
            Run safe-deploy/migrate/action/migrate-tenants@v1: success
            chat: failure
            Post Run safe-deploy/migrate/action/migrate-tenants@v1: success
            Post Run safe-deploy/migrate/action/preflight@v1: success
            """, job.Course);
        Assert.Equal("deployed", await fleet.EndAsync());
        Assert.Equal(["000002"], await fleet.VersionsAsync());
        var outputs = job.Outputs["migrate-tenants"];
        Assert.Equal(("succeeded", "deployed", ".safe-deploy/migrate-tenants.json"), (outputs["result"], outputs["conclusion"], outputs["report"]));
        Assert.True(File.Exists(Path.Combine(fleet.Workspace, outputs["report"])));
        Assert.Contains("safe-deploy migrate-tenants: deployed", job.Step("Run safe-deploy/migrate/action/migrate-tenants@v1").Summary, StringComparison.Ordinal);
        Assert.Equal("", job.Step("Post Run safe-deploy/migrate/action/migrate-tenants@v1").Summary);
        Assert.DoesNotContain(ActionFleet.Password, job.Everything, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("migrate-tenants", 2)]
    [InlineData("recover", 1)]
    public async Task An_evicted_job_runs_no_post_and_what_comes_after_ends_what_it_began(string after, int attempt)
    {
        await using var fleet = await ActionFleet.SlowAsync(1);
        var evicted = fleet.Job();
        var running = evicted.RunAsync(await ActionFleet.StepAsync("migrate-tenants"));
        await ScriptAction.UntilAsync(() => fleet.CountAsync("select count(*) from safe_deploy.migration where version = '000002'").Result > 0, "the first tenant", running);
        evicted.Shutdown();
        var report = await running;
        Assert.Equal((JobConclusion.Failure, "skipped", 130), (report.Conclusion, report.Steps[^1].Conclusion, report.Steps[0].ExitCode));
        Assert.Equal(2, (await fleet.VersionsAsync()).Length);
        Assert.Contains("safe-deploy migrate-tenants: cancelled", report.Steps[0].Summary, StringComparison.Ordinal);
        var second = await fleet.Job(o => o with { Attempt = attempt }).RunAsync(await ActionFleet.StepAsync(after));
        Assert.True(second.Conclusion == JobConclusion.Success, second.Everything);
        // Nobody asked recover to go forward: what was not committed goes back.
        Assert.Equal(after == "recover" ? ("rolled-back", "000001") : ("deployed", "000002"), (await fleet.EndAsync(), Assert.Single(await fleet.VersionsAsync())));
        // Each tenant exactly once, and nothing of the old epoch after the new one's first line.
        Assert.Equal(0, await fleet.CountAsync("select count(*) - count(distinct (fact -> 'scope', fact -> 'direction')) from safe_deploy.entry where kind = 'scope-migrated' and fact ->> 'version' = '000002'"));
        Assert.Equal(0, await fleet.CountAsync(ActionFleet.AfterTheFence));
    }

    [Fact]
    public async Task A_main_that_outlives_its_client_is_fenced_before_anything_goes_back()
    {
        await using var fleet = await ActionFleet.SlowAsync(6);
        // The client is killed long before the statement under way can end: the container works on.
        var job = fleet.Job(o => o with { InterruptWait = TimeSpan.FromSeconds(0.2), TerminateWait = TimeSpan.FromSeconds(0.1) });
        var running = job.RunAsync(await ActionFleet.StepAsync("migrate-tenants") with { Timeout = TimeSpan.FromMinutes(5) });
        await ScriptAction.UntilAsync(() => fleet.CountAsync("select count(*) from safe_deploy.migration where version = '000002'").Result > 0, "the first tenant", running);
        var old = job.Running!.Name;
        job.Cancel();
        var report = await running;
        Assert.Equal("rolled-back", await fleet.EndAsync());
        Assert.Equal(["000001"], await fleet.VersionsAsync());
        Assert.DoesNotContain(old, await ContainerLabel.DockerAsync("ps", "--format", "{{.Names}}"), StringComparison.Ordinal);
        var post = report.Step("Post Run safe-deploy/migrate/action/migrate-tenants@v1").Log;
        Assert.Contains(post, l => l.Contains("took over from epoch", StringComparison.Ordinal));
        // Nothing of the old epoch was written after the new one's first line.
        Assert.Equal(0, await fleet.CountAsync(ActionFleet.AfterTheFence));
    }

    [Fact]
    public async Task A_way_back_that_needs_a_person_turns_the_post_red_and_says_why()
    {
        await using var fleet = await ActionFleet.CreateAsync($"alter table item drop column old_code; {Hostile}", null);
        var job = await fleet.Job().RunAsync(await ActionFleet.StepAsync("migrate-tenants"));
        var post = job.Step("Post Run safe-deploy/migrate/action/migrate-tenants@v1");
        Assert.Equal(("failure", "forbidden"), (post.Conclusion, await fleet.EndAsync()));
        Assert.Contains("🚨", post.Summary, StringComparison.Ordinal);
        Assert.Contains("**Decision d**", post.Summary, StringComparison.Ordinal);
        Assert.Contains("#### Failed: 1 schema\n", post.Summary, StringComparison.Ordinal);
        // The database's own text is shown, and obeyed by nobody.
        Assert.Contains(job.Steps[0].Log, l => l.Contains("::error::mine", StringComparison.Ordinal));
        Assert.Equal("person-needed", job.Outputs["migrate-tenants"]["result"]);
        Assert.DoesNotContain("<b>", post.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain("@acme", post.Summary, StringComparison.Ordinal);
        Assert.All(job.Steps.SelectMany(s => s.Annotations), a => Assert.StartsWith("safe-deploy migrate-tenants", a.Title, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_whose_machine_died_is_ended_by_recover_in_another_while_its_container_still_works()
    {
        await using var fleet = await ActionFleet.SlowAsync(8);
        var dying = fleet.Job();
        var running = dying.RunAsync(await ActionFleet.StepAsync("migrate-tenants"));
        await ScriptAction.UntilAsync(() => fleet.CountAsync("select count(*) from safe_deploy.migration where version = '000002'").Result > 0, "the first tenant", running);
        dying.Kill();
        Assert.Single((await running).Steps);
        var second = await fleet.Job().RunAsync(await ActionFleet.StepAsync("recover"));
        var end = await fleet.EndAsync();
        Assert.True(end is "deployed" or "rolled-back", $"{end}\n{second.Everything}");
        Assert.Equal(end == "deployed" ? ["000002"] : ["000001"], await fleet.VersionsAsync());
        Assert.Equal(0, await fleet.CountAsync(ActionFleet.AfterTheFence));
    }
}
