using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary><c>recover</c>: whom it leaves alone, what it finishes, what it takes back.</summary>
public sealed class RecoverTests(RecoverWorlds worlds) : IClassFixture<RecoverWorlds>
{
    [Fact]
    public async Task Where_nothing_is_open_it_says_so_and_changes_nothing()
    {
        await using var site = await worlds.V1.CopyAsync();
        var done = await site.CallAsync("v1", "recover", "--output", "json");
        Assert.True(done.ExitCode == 0, done.ToString());
        Assert.Equal("deployed", done.Json.GetProperty("conclusion").GetString());
        Assert.StartsWith("nothing to recover", done.Json.GetProperty("statement").GetString(), StringComparison.Ordinal);

        await site.Sample.Database.ExecuteAsync("drop schema safe_deploy cascade");
        var never = await site.CallAsync("v1", "recover", "--output", "json");
        Assert.True(never.ExitCode == 0, never.ToString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, never.Json.GetProperty("conclusion").ValueKind);
        Assert.Null(await site.Sample.Database.ScalarAsync<string>("select to_regclass('safe_deploy.entry')::text"));
    }

    [Fact]
    public async Task A_run_that_lives_and_one_that_is_parked_are_left_alone_and_named()
    {
        await using var site = await worlds.V1.CopyAsync();
        await using (var stop = await LedgerStop.ArmAsync(site.Sample.Database, new LedgerPoint("migrate-tenants", "scope-migrated", 1)))
        {
            site.Variables.AddRange(GitHub.Run(1001, "ada"));
            using var run = site.Start("v2", "run");
            Assert.True(await stop.ReachedAsync(run), "the run ended before");
            Refused(await CallAsOtherAsync(site, "recover"), "works on", "runs/1001 by ada");
            Refused(await CallAsOtherAsync(site, "recover", "--dry-run"), "works on", "runs/1001 by ada");
            await stop.LetGoAsync();
            var end = await run.EndAsync();
            Assert.True(end.ExitCode == 0, end.ToString());
        }

        var parked = await site.CallAsync("v2", "preflight", "--park-for", "1h");
        Assert.True(parked.ExitCode == 0, parked.ToString());
        Refused(await CallAsOtherAsync(site, "recover"), "is parked until", "runs/1001 by ada");
        var another = await CallAsOtherAsync(site, "recover", "--own-run", "--take-over", "--output", "json");
        Assert.True(another.ExitCode == 0, another.ToString());
        Assert.Contains("is not of this run", another.Json.GetProperty("statement").GetString(), StringComparison.Ordinal);
        Refused(await CallAsOtherAsync(site, "recover"), "is parked until", "runs/1001 by ada");
        var insisted = await CallAsOtherAsync(site, "recover", "--take-over");
        Assert.True(insisted.ExitCode == 0, insisted.ToString());
        Assert.Contains("rolled back", insisted.Out, StringComparison.Ordinal);
        Assert.Equal("v2", site.Target.Serves);
    }

    [Fact]
    public async Task A_release_that_had_passed_is_finished_and_one_that_fell_ill_meanwhile_goes_back()
    {
        var after = await EveryLineTests.AfterAsync(worlds.V1, "v2");
        foreach (var sick in (string[][])[[], ["v2"]])
        {
            await using var site = await worlds.V1.CopyAsync();
            await using var stop = await KillAsync(site, "v2", new LedgerPoint("verify-health", "step-finished", 1));
            site.Target.Sick = sick;
            var said = await site.CallAsync("v2", "recover", "--dry-run");
            Assert.Contains("v2", said.Out, StringComparison.Ordinal);
            Assert.Equal("v2", site.Target.Serves);
            var recovered = await site.CallAsync("v2", "recover", "--output", "json");
            Assert.True(recovered.ExitCode == 0, recovered.ToString());
            var conclusion = recovered.Json.GetProperty("conclusion").GetString()!;
            Assert.Equal(sick.Length == 0 ? "deployed" : "rolled-back", conclusion);
            await site.AssertOneStateAsync(sick.Length == 0 ? "v2" : "v1", after);
        }
    }

    [Fact]
    public async Task A_rollback_that_was_killed_is_gone_on_with_and_one_that_is_forbidden_stays_a_persons()
    {
        await using var site = await worlds.V2.CopyAsync("v5");
        await using var first = await KillAsync(site, "v5", new LedgerPoint("rollback", "scope-migrated", 1));
        var recovered = await site.CallAsync("v5", "recover", "--output", "json", "--reason", "the runner was lost");
        Assert.True(recovered.ExitCode == 0, recovered.ToString());
        await site.AssertOneStateAsync("v2", worlds.V2.Before);

        await using var forbidden = await worlds.V2.CopyAsync("v5");
        forbidden.Variables.Add(("ROLLBACK", "never"));
        await using var second = await KillAsync(forbidden, "v5", new LedgerPoint("migrate-tenants", "step-finished", 1));
        for (var time = 1; time <= 2; time++)
        {
            var end = await forbidden.CallAsync("v5", "recover", "--output", "json");
            Assert.True(end.ExitCode == 2, end.ToString());
            Assert.Equal("forbidden", end.Json.GetProperty("conclusion").GetString());
            Assert.Contains("SD0813", end.Error, StringComparison.Ordinal);
        }

        Assert.Equal(1, await forbidden.Sample.Database.ScalarAsync<long>("select count(*) from safe_deploy.entry where kind = 'rollback-claimed'"));
    }

    /// <returns>To be kept until the recovery: the line that waits in the server must not be written after all.</returns>
    private static async Task<LedgerStop> KillAsync(FileSite site, string version, LedgerPoint point)
    {
        var stop = await LedgerStop.ArmAsync(site.Sample.Database, point);
        using var run = site.Start(version, "run");
        Assert.True(await stop.ReachedAsync(run), "the run ended before");
        run.Kill();
        await run.EndAsync();
        return stop;
    }

    private static async Task<CliResult> CallAsOtherAsync(FileSite site, params string[] arguments)
    {
        using var process = site.Sample.Start("v2", arguments, [.. site.Variables, .. GitHub.Run(2002, "grace")]);
        return await process.EndAsync();
    }

    private static void Refused(CliResult result, params string[] says)
    {
        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.All(says, word => Assert.Contains(word, result.Error, StringComparison.Ordinal));
    }
}

/// <summary>Where <see cref="RecoverTests"/> start.</summary>
public sealed class RecoverWorlds : IAsyncLifetime
{
    internal FileWorld V1 { get; private set; } = null!;

    internal FileWorld V2 { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        V1 = await FileWorld.ServingAsync(2, "v1");
        V2 = await FileWorld.ServingAsync(2, "v1", "v2");
    }

    public async Task DisposeAsync()
    {
        await V1.DisposeAsync();
        await V2.DisposeAsync();
    }
}
