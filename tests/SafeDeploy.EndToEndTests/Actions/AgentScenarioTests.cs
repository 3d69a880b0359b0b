using System.Diagnostics;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The task in jobs of the mini agent that go well, fail, are cancelled, shut down and retried: never a mixed fleet.</summary>
public sealed class AgentScenarioTests
{
    private const string FailsAtTheSecond = "create unique index item_code on item (code);";

    [Fact]
    public async Task A_chain_is_released_its_posts_are_silent_and_a_skipped_step_has_a_post_that_does_nothing()
    {
        await using var fleet = await AgentFleet.CreateAsync("alter table item add column note text;", "alter table item drop column note;");
        var job = await fleet.Job().RunAsync(
            AgentFleet.Task("preflight"), AgentFleet.Task("migrate-tenants"), AgentFleet.Task("recover") with { Condition = _ => false });
        Assert.True(job.Status == "Succeeded", job.Everything);
        Assert.Equal(("deployed", "000002"), (await fleet.EndAsync(), Assert.Single(await fleet.VersionsAsync())));
        var main = job.Step("migrate-tenants");
        Assert.Contains(main.Log, l => l.StartsWith("safe-deploy task 1.1.0; program 0.1.0 from the extension (linux-x64, glibc 2.17 or newer", StringComparison.Ordinal));
        Assert.Equal(("deployed", "succeeded"), (job.Variables["migrate-tenants.conclusion"], job.Variables["migrate-tenants.result"]));
        Assert.Contains("safe-deploy migrate-tenants: deployed", Assert.Single(main.Summaries), StringComparison.Ordinal);
        Assert.Equal("safe-deploy", Assert.Single(main.Artifacts).Name);
        Assert.Contains(main.Tags, t => t.EndsWith("-deployed", StringComparison.Ordinal));
        Assert.Equal((0, 0, 0), (job.Step("recover (post)").Log.Count, job.Step("recover (post)").ExitCode!.Value, job.Step("migrate-tenants (post)").Summaries.Count));
        AssertNoSecret(job, fleet);
    }

    [Fact]
    public async Task A_step_that_is_retried_after_a_failure_continues_and_what_still_fails_goes_back()
    {
        await using var fleet = await AgentFleet.CreateAsync(FailsAtTheSecond, "drop index item_code;");
        var job = await fleet.Job().RunAsync(AgentFleet.Task("preflight"), AgentFleet.Task("migrate-tenants") with { Retries = 1 });
        Assert.Equal(("Failed", "rolled-back"), (job.Status, await fleet.EndAsync()));
        Assert.Equal(["000001"], await fleet.VersionsAsync());
        Assert.Equal(("Failed", 1), (job.Step("migrate-tenants").Result, job.Step("migrate-tenants").ExitCode));
        Assert.Equal(("Succeeded", 0), (job.Step("migrate-tenants (post)").Result, job.Step("migrate-tenants (post)").ExitCode));
        Assert.Contains(job.Step("migrate-tenants").Issues, i => i.Type == "error" && i.Message.Contains("next:", StringComparison.Ordinal));
        AssertNoSecret(job, fleet);
    }

    [Fact]
    public async Task An_agent_that_shuts_down_runs_no_post_and_recover_in_another_job_ends_it()
    {
        await using var fleet = await AgentFleet.SlowAsync(1.5);
        var job = fleet.Job();
        var running = job.RunAsync(AgentFleet.Task("migrate-tenants"));
        await UntilMovedAsync(fleet, running);
        job.Shutdown();
        var report = await running;
        Assert.Equal("Skipped", report.Step("migrate-tenants (post)").Result);
        Assert.Equal(2, (await fleet.VersionsAsync()).Length);
        var second = await fleet.Job().RunAsync(AgentFleet.Task("recover"));
        var end = await fleet.EndAsync();
        Assert.True(end is "deployed" or "rolled-back", $"{end}\n{second.Everything}");
        Assert.Equal(end == "deployed" ? ["000002"] : ["000001"], await fleet.VersionsAsync());
    }

    [Fact]
    public async Task What_a_database_says_commands_nobody_and_a_way_back_that_needs_a_person_is_a_work_item()
    {
        const string hostile = @"do $$ begin if exists (select from item group by code having count(*) > 1) then raise exception E'##vso[task.setvariable variable=x]mine\n##vso[task.complete result=Succeeded;]mine ] ; <b>x</b>'; end if; end $$;";
        await using var fleet = await AgentFleet.CreateAsync($"alter table item drop column old_code; {hostile}", null);
        var job = await fleet.Job().RunAsync(AgentFleet.Task("migrate-tenants", ("openWorkItem", "true")));
        Assert.Equal(("Failed", "forbidden"), (job.Status, await fleet.EndAsync()));
        Assert.Equal(("Failed", 2), (job.Step("migrate-tenants (post)").Result, job.Step("migrate-tenants (post)").ExitCode));
        Assert.All(job.Steps, s => Assert.Empty(s.Refused));
        Assert.Contains(job.Step("migrate-tenants").Log, l => l.Contains("## vso[task.setvariable variable=x]mine", StringComparison.Ordinal));
        var item = Assert.Single(fleet.Azure.WorkItems);
        Assert.DoesNotContain("<b>x</b>", item.Fields.ToJsonString(), StringComparison.Ordinal);
        AssertNoSecret(job, fleet);
    }

    [Fact]
    public async Task A_plan_of_a_folder_in_a_pull_request_judges_what_the_pull_request_changes()
    {
        await using var fleet = await AgentFleet.CreateAsync("create index item_code on item (code);", "drop index item_code;");
        fleet.Azure.Files.Add("/README.md");
        foreach (var judged in new[] { 0, 1 })
        {
            var job = await fleet.Job(variables: ("System.PullRequest.PullRequestId", "12")).RunAsync(AgentFleet.Task("plan", ("files", "db/tenant")));
            Assert.True(job.Step("plan").Issues.Count(i => i.Code == "create-index-without-concurrently") == judged, job.Everything);
            Assert.Equal(("Succeeded", "pass"), (job.Status, job.Variables["plan.conclusion"]));
            fleet.Azure.Files.Add("/db/tenant/000002_second.up.sql");
        }
    }

    [Fact]
    public async Task The_image_does_the_same_where_the_agent_has_docker()
    {
        await using var fleet = await AgentFleet.CreateAsync("alter table item add column note text;", "alter table item drop column note;");
        var task = AgentFleet.Task("migrate-tenants", ("runIn", "image"), ("containerImage", await ProductImage.TagAsync())) with
        {
            // Mapped by hand, it wins over the secret variable: the server as a container reaches it.
            Env = [("DATABASE_URL", fleet.Sample.Database.UrlFromContainers)],
        };
        var job = await fleet.Job().RunAsync(task);
        Assert.True(job.Status == "Succeeded", job.Everything);
        Assert.Equal(("deployed", "000002"), (await fleet.EndAsync(), Assert.Single(await fleet.VersionsAsync())));
        Assert.Contains(job.Step("migrate-tenants").Log, l => l.Contains("program from the image safe-deploy-test/action:", StringComparison.Ordinal));
        Assert.Contains("safe-deploy migrate-tenants: deployed", Assert.Single(job.Step("migrate-tenants").Summaries), StringComparison.Ordinal);
        AssertNoSecret(job, fleet);
    }

    [Fact]
    public async Task An_input_written_as_on_another_host_is_no_real_run_where_a_dry_one_was_meant()
    {
        await using var fleet = await AgentFleet.CreateAsync("alter table item add column note text;", "alter table item drop column note;");
        var job = await fleet.Job().RunAsync(AgentFleet.Task("rollback", ("dry-run", "true")));
        Assert.Equal(("Failed", 64), (job.Step("rollback").Result, job.Step("rollback").ExitCode));
        Assert.Contains(job.Step("rollback").Issues, i => i.Message == "there is no input \"dry-run\"; the nearest is dryRun");
        Assert.Contains(job.Step("rollback").Log, l => l.Trim() == "where      inputs: dryRun");
    }

    [Fact]
    public async Task An_agent_too_old_for_the_program_is_told_before_anything_starts()
    {
        var folder = Directory.CreateTempSubdirectory("sd-task-").FullName;
        var azure = new FakeAzure(AzureContracts.Load());
        try
        {
            foreach (var file in Directory.GetFiles(TaskFolder.Path))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules"), Path.Combine(TaskFolder.Path, "node_modules"));
            TaskFolder.Facts(folder, "9.99");
            var job = await new AgentJob(new AgentOptions(Path.Combine(folder, "agent"), azure.Url)).RunAsync(new AgentTask("status", folder, [("step", "status")]));
            Assert.Equal(("Failed", 64), (job.Step("status").Result, job.Step("status").ExitCode));
            Assert.Contains(job.Step("status").Issues, i => i.Message.Contains("needs glibc 9.99 or newer", StringComparison.Ordinal) && i.Message.Contains("runIn: image", StringComparison.Ordinal));
        }
        finally
        {
            await azure.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task UntilMovedAsync(AgentFleet fleet, Task<AgentReport> running)
    {
        var since = Stopwatch.GetTimestamp();
        while (await fleet.CountAsync("select count(*) from safe_deploy.migration where version = '000002'") == 0)
        {
            Assert.False(running.IsCompleted, running.IsCompletedSuccessfully ? running.Result.Everything : "the job ended");
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(90), "the first tenant did not move");
            await Task.Delay(50);
        }
    }

    private static void AssertNoSecret(AgentReport job, AgentFleet fleet)
    {
        var password = Uri.UnescapeDataString(new Uri(fleet.Sample.Database.Url).UserInfo.Split(':', 2)[1]);
        Assert.DoesNotContain(password, job.Everything, StringComparison.Ordinal);
        // Also before the agent masked anything, except where the masks themselves are told.
        Assert.All(job.Steps.SelectMany(s => s.Raw).Where(l => !l.Contains("##vso[task.setsecret]", StringComparison.Ordinal)), l => Assert.DoesNotContain(password, l, StringComparison.Ordinal));
        Assert.All(job.Steps.SelectMany(s => s.Raw).Where(l => !l.Contains("##vso[task.", StringComparison.Ordinal)), l => Assert.DoesNotContain("job-token-planted", l, StringComparison.Ordinal));
    }
}
