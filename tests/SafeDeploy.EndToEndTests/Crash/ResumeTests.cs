using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>The very same call again goes on where the killed one stopped; a lost session stops nothing.</summary>
public sealed class ResumeTests
{
    private const string MovedTwice =
        """
        select coalesce(string_agg(twice, ', '), '') from (
            select format('%s %s', e.fact ->> 'scope', e.fact ->> 'version') as twice
            from safe_deploy.entry e where e.kind = 'scope-migrated'
            group by e.fact ->> 'scope', e.fact ->> 'version' having count(*) > 1) t
        """;

    private const string EndSessions = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'safe-deploy/%'";

    [Theory]
    [InlineData("migrate-public", "scope-migrated", 1)]
    [InlineData("migrate-tenants", "scope-migrated", 3)]
    [InlineData("deploy-image", "intended", 2)]
    [InlineData(null, "committed", 1)]
    public async Task A_killed_run_called_again_ends_deployed_and_moved_each_tenant_once(string? step, string kind, int nth)
    {
        await using var sample = await Sample.WithV1Async();
        await LedgerStop.InstallAsync(sample.Database);
        await using (var stop = await LedgerStop.ArmAsync(sample.Database, new LedgerPoint(step, kind, nth)))
        {
            using var run = sample.Start("v2", ["run"]);
            Assert.True(await stop.ReachedAsync(run), "the run ended before");
            run.Kill();
            await run.EndAsync();
            var again = await sample.RunAsync("v2", "run --output json");
            Assert.True(again.ExitCode == 0, again.ToString());
            Assert.Equal("deployed", again.Json.GetProperty("conclusion").GetString());
        }

        await AssertDeployedOnceAsync(sample);
    }

    [Fact]
    public async Task A_worker_whose_session_the_server_ends_migrates_its_tenant_once_all_the_same()
    {
        await using var sample = await Sample.WithV1Async();
        await LedgerStop.InstallAsync(sample.Database);
        await using var stop = await LedgerStop.ArmAsync(sample.Database, new LedgerPoint("migrate-tenants", "scope-migrated", 1));
        using var run = sample.Start("v2", ["run", "--output", "json"]);
        Assert.True(await stop.ReachedAsync(run), "the run ended before");
        // The tenant's own transaction, the ledger's session and the one that keeps the hold: as when a server restarts.
        await stop.DisarmAsync();
        await sample.Database.ExecuteAsync(EndSessions);
        await stop.LetGoAsync();
        var end = await run.EndAsync();
        Assert.True(end.ExitCode == 0, end.ToString());
        await AssertDeployedOnceAsync(sample);
    }

    internal static async Task AssertDeployedOnceAsync(Sample sample)
    {
        Assert.Equal("", await sample.Database.ScalarAsync<string>(MovedTwice));
        var versions = await sample.VersionsAsync();
        Assert.Equal("000002", versions["public"]);
        Assert.Equal(["000005"], await sample.TenantVersionsAsync());
        Assert.Equal(2 + (5 * sample.Tenants), await sample.Database.ScalarAsync<long>("select count(*) from safe_deploy.migration"));
        Assert.Equal(1, await sample.Database.ScalarAsync<long>("select count(*) from safe_deploy.deployment where to_release ->> 'version' = 'v2'"));
        Assert.Equal("v2", (await sample.AskFrontAsync()).Version);
    }
}
