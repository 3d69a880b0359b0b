using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>Kill −9 between two lines of the ledger, then <c>rollback</c>: one version everywhere, the app serving, the ledger closed.</summary>
/// <remarks>
/// The lines between which containers are moved; <see cref="EveryLineTests"/> plays every line without containers.
/// With <c>SAFE_DEPLOY_TEST_EVERY_LINE=1</c> every line of the run is one here too: an hour, for the night.
/// </remarks>
public sealed class KillTests(ITestOutputHelper output)
{
    private static readonly ImmutableArray<LedgerPoint> OfAnExpand =
    [
        new("deploy-image", "intended", 2),
        new("verify-health", "step-finished", 1),
    ];

    private static readonly ImmutableArray<LedgerPoint> OfAnIncompatible =
    [
        new("deploy-image", "applied", 2),
        new("rollback", "applied", 6),
    ];

    [Fact]
    public Task A_killed_release_that_only_adds_goes_back_to_one_version() => KillAtAllAsync("v1", "v2", OfAnExpand);

    [Fact]
    public Task A_killed_incompatible_release_goes_back_to_one_version_from_its_own_way_back_too() =>
        KillAtAllAsync("v2", "v5", OfAnIncompatible, ("MAINTENANCE", "allowed"), ("RISK", "never"));

    private async Task KillAtAllAsync(string from, string to, ImmutableArray<LedgerPoint> chosen, params (string Name, string Value)[] variables)
    {
        var everyLine = Environment.GetEnvironmentVariable("SAFE_DEPLOY_TEST_EVERY_LINE") == "1";
        var points = everyLine ? Enumerable.Range(1, 1000).Select(n => new LedgerPoint(null, null, n)) : chosen;
        var failures = new List<string>();
        var world = await CrashWorld.ServingAsync(from);
        try
        {
            var forward = new Forward(world, to, variables);
            foreach (var point in points)
            {
                var watch = Stopwatch.StartNew();
                var ending = await forward.KillAndReturnAsync(point);
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{point}: {ending ?? "the run had ended before"} ({watch.Elapsed.TotalSeconds:0.0} s)"));
                if (ending is null)
                {
                    Assert.True(everyLine, $"no run comes to the point {point}");
                    break;
                }

                if (ending != Forward.Good)
                {
                    failures.Add($"{point}: {ending}");
                    await world.DisposeAsync();
                    world = await CrashWorld.ServingAsync(from);
                    forward = new Forward(world, to, variables);
                }
                else
                {
                    await world.StartAgainAsync();
                }
            }
        }
        finally
        {
            await world.DisposeAsync();
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }
}

/// <summary>One release brought in again and again over the same world, killed each time somewhere else.</summary>
internal sealed class Forward(CrashWorld world, string to, (string Name, string Value)[] variables)
{
    public const string Good = "one version, serving";

    private string? _after;

    /// <returns>Null when the run does not come to the point; <see cref="Good"/>, or what is wrong.</returns>
    public async Task<string?> KillAndReturnAsync(LedgerPoint point)
    {
        await using var stop = await LedgerStop.ArmAsync(world.Sample.Database, point);
        using (var run = world.Sample.Start(to, ["run"], variables))
        {
            if (!await stop.ReachedAsync(run))
                return null;
            run.Kill();
            await run.EndAsync();
        }

        var back = await world.Sample.CliAsync(to, ["rollback", "--output", "json"], variables);
        try
        {
            Assert.True(back.ExitCode == 0, "rollback did not end well");
            Assert.Equal("rolled-back", back.Json.GetProperty("conclusion").GetString());
            await AssertOneVersionAsync();
            await world.AssertServesAsync();
            await AssertConcludedAsync();
            return Good;
        }
        catch (Exception wrong)
        {
            return $"{wrong.Message}\n--- rollback: {back}";
        }
    }

    /// <summary>Before the deployment or after it, structure and data, and nothing between.</summary>
    private async Task AssertOneVersionAsync()
    {
        Assert.Equal([world.Serves], (await world.RunningVersionsAsync()).Where(version => version.Length > 0));
        Assert.Single(await world.Sample.TenantVersionsAsync());
        var now = await world.DumpAsync();
        if (now == world.Before)
            return;
        _after ??= await AfterAsync();
        Assert.True(now == _after, $"neither the database of before nor the one of after: {Dump.FirstDifference(now, _after)}");
    }

    /// <summary>The database as the whole release makes it, from a run that nobody disturbs, in a world of its own.</summary>
    private async Task<string> AfterAsync()
    {
        await using var other = await CrashWorld.ServingAsync(world.Serves);
        await other.Sample.CliAsync(to, ["run"], variables);
        return await other.DumpAsync();
    }

    private async Task AssertConcludedAsync()
    {
        Assert.True(await world.Sample.Database.ScalarAsync<bool>("select concluded from safe_deploy.environment"), "the environment is not concluded");
        var again = await world.Sample.CliAsync(to, ["rollback"], variables);
        Assert.True(again.ExitCode == 3, $"a second rollback: {again}");
    }
}
