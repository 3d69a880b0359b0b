using System.Net;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>What the run needs goes away in the middle of it.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task An_engine_that_goes_away_needs_a_person_and_is_taken_back_when_it_returns()
    {
        await using var sample = await Sample.WithV1Async();
        using var engine = new EngineProxy();
        sample.Config = await BehindAsync(sample, engine);
        await LedgerStop.InstallAsync(sample.Database);
        await using (var stop = await LedgerStop.ArmAsync(sample.Database, new LedgerPoint("deploy-image", "intended", 1)))
        {
            using var run = sample.Start("v2", ["run", "--output", "json"]);
            Assert.True(await stop.ReachedAsync(run), "the run ended before");
            engine.Refuse();
            await stop.LetGoAsync();
            var end = await run.EndAsync();
            Assert.True(end.ExitCode == 2, end.ToString());
            Assert.Contains(engine.Host["unix://".Length..], end.Error, StringComparison.Ordinal);
            Assert.Equal((HttpStatusCode.OK, "v1"), await sample.AskFrontAsync());
        }

        engine.ComeBack();
        var back = await sample.RunAsync("v2", "rollback --output json");
        Assert.True(back.ExitCode == 0, back.ToString());
        Assert.Equal((HttpStatusCode.OK, "v1"), await sample.AskFrontAsync());
    }

    [Fact]
    public async Task A_front_that_is_killed_is_started_again_on_the_way_back()
    {
        await using var sample = await Sample.WithV1Async();
        await LedgerStop.InstallAsync(sample.Database);
        await using var stop = await LedgerStop.ArmAsync(sample.Database, new LedgerPoint("deploy-image", "gate-read", 2));
        using var run = sample.Start("v2", ["run", "--output", "json"]);
        Assert.True(await stop.ReachedAsync(run), "the run ended before");
        await ContainerLabel.DockerAsync(["kill", .. await sample.IdsAsync("label=safe-deploy.role=front")]);
        await stop.LetGoAsync();
        var end = await run.EndAsync();
        Assert.True(end.ExitCode == 1, end.ToString());
        Assert.Equal((HttpStatusCode.OK, "v1"), await sample.AskFrontAsync());
    }

    [Fact]
    public async Task A_backup_disk_that_fills_up_leaves_no_set_and_no_change()
    {
        await using var sample = await Sample.WithV1Async();
        foreach (var set in Directory.GetDirectories(sample.Backups))
            Directory.Delete(set, recursive: true);
        await LedgerStop.InstallAsync(sample.Database);
        await Machine.MountDiskAsync(sample.Backups, "1M", Path.Combine(sample.Home, "small-disk"));
        try
        {
            var refused = await sample.RunAsync("v2", "run --output json");
            Assert.True(refused.ExitCode == 3, refused.ToString());
            Assert.Contains("SD0304", refused.Error, StringComparison.Ordinal);

            await Machine.UnmountAsync(sample.Backups);
            // An image of its own: the kernel may hold the former one a moment longer, at its size.
            await Machine.MountDiskAsync(sample.Backups, "64M", Path.Combine(sample.Home, "disk"));
            var before = await sample.VersionsAsync();
            var end = await FilledAsync(sample);
            Assert.True(end.ExitCode == 1, end.ToString());
            Golden.Verify(Normal.Text(end.Problems[0], sample), "A_backup_disk_that_fills_up");
            Assert.Equal(before, await sample.VersionsAsync());
            Assert.Equal((HttpStatusCode.OK, "v1"), await sample.AskFrontAsync());
            Assert.Empty(Directory.GetFiles(sample.Backups, "manifest.json", SearchOption.AllDirectories));

            File.Delete(Path.Combine(sample.Backups, "filler"));
            await sample.DeployAsync("v2");
        }
        finally
        {
            await Machine.UnmountAsync(sample.Backups);
        }
    }

    private static async Task<CliResult> FilledAsync(Sample sample)
    {
        await using var stop = await LedgerStop.ArmAsync(sample.Database, new LedgerPoint("backup", "step-started", 1));
        using var run = sample.Start("v2", ["run", "--output", "json"]);
        if (!await stop.ReachedAsync(run))
            Assert.Fail((await run.EndAsync()).ToString());
        await Machine.FillAsync(sample.Backups, spare: 16 * 1024);
        await stop.LetGoAsync();
        return await run.EndAsync();
    }

    /// <summary>The sample's configuration, its engine behind the proxy.</summary>
    private static async Task<string> BehindAsync(Sample sample, EngineProxy engine)
    {
        var text = (await File.ReadAllTextAsync(sample.Config))
            .Replace("\"releases/", $"\"{Sample.Folder}/releases/", StringComparison.Ordinal)
            .Replace("  docker:\n", $"  docker:\n    host: {engine.Host}\n", StringComparison.Ordinal);
        var file = Path.Combine(Path.GetDirectoryName(sample.Backups)!, "safe-deploy.yml");
        await File.WriteAllTextAsync(file, text);
        return file;
    }
}

/// <summary>The server itself is restarted in the middle of a run.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task A_server_restarted_between_two_tenants_leaves_one_version_and_the_way_it_came_to_it()
    {
        await using var server = await OwnServer.StartAsync(connections: 80);
        await using var sample = await Sample.WithV1Async(server);
        await LedgerStop.InstallAsync(sample.Database);
        await using var stop = await LedgerStop.ArmAsync(sample.Database, new LedgerPoint("migrate-tenants", "scope-migrated", 1));
        using var run = sample.Start("v2", ["run", "--output", "json"]);
        Assert.True(await stop.ReachedAsync(run), "the run ended before");
        await stop.DisarmAsync();
        await server.StopAsync();
        await server.StartAgainAsync();
        var end = await run.EndAsync();
        // The release that serves lost its connections too. Where its gates see that, the run goes back, else it goes on.
        var versions = await sample.TenantVersionsAsync();
        if (end.ExitCode == 0)
        {
            await ResumeTests.AssertDeployedOnceAsync(sample);
        }
        else
        {
            Assert.True(end.ExitCode == 1, end.ToString());
            Assert.Equal("rolled-back", end.Json.GetProperty("conclusion").GetString());
            Assert.Equal((HttpStatusCode.OK, "v1"), await sample.AskFrontAsync());
            Assert.Equal(["000003"], versions);
        }
    }
}
