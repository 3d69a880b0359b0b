using System.Diagnostics;
using System.Globalization;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>A run that was frozen, taken over, and goes on: nothing of it lands any more.</summary>
public sealed class FenceTests
{
    private const string World =
        """
        select coalesce(string_agg(line, E'\n' order by line), '') from (
            select format('entry %s of epoch %s', e.sequence, e.epoch) from safe_deploy.entry e
            union all select format('%s %s %s', m.scope, m.version, m.applied_at) from safe_deploy.migration m
            union all select format('%s.%s.%s', c.table_schema, c.table_name, c.column_name) from information_schema.columns c where c.table_schema ~ '^(public|tenant_)') l(line)
        """;

    // 30 s is the age at which a heartbeat speaks for nobody (PostgresLedgerOptions).
    private const string HeartbeatIsOld = "select clock_timestamp() - heartbeat_at > interval '30 s' from safe_deploy.environment";

    private const string LateLines =
        """
        select count(*) from safe_deploy.entry e join safe_deploy.entry t on t.deployment = e.deployment
        where t.kind = 'taken-over' and e.sequence > t.sequence and e.epoch < t.epoch
        """;

    [Fact]
    public Task A_run_frozen_inside_a_tenants_transaction_does_nothing_after_the_take_over() =>
        FreezeAsync(async (sample, run) =>
        {
            await using var stop = await LedgerStop.ArmAsync(sample.Database, new LedgerPoint("migrate-tenants", "scope-migrated", 1));
            Assert.True(await stop.ReachedAsync(run), "the run ended before");
            await SignalAsync(run, "STOP");
            await stop.DisarmAsync();
        });

    [Fact]
    public Task A_run_frozen_between_its_Docker_calls_does_nothing_after_the_take_over() =>
        FreezeAsync(async (sample, run) =>
        {
            const string starting = "select exists (select from safe_deploy.entry where step = 'deploy-image' and kind = 'intended' and fact -> 'change' -> 'release' ->> 'version' = 'v2')";
            await Eventually.Async(() => sample.Database.ScalarAsync<bool>(starting), TimeSpan.FromMinutes(1), what: "the new release is being started");
            await SignalAsync(run, "STOP");
        });

    private static async Task FreezeAsync(Func<Sample, CliProcess, Task> freeze)
    {
        await using var sample = await Sample.WithV1Async();
        await LedgerStop.InstallAsync(sample.Database);
        using var run = sample.Start("v2", ["run"]);
        await freeze(sample, run);

        var early = await sample.RunAsync("v2", "rollback");
        Assert.True(early.ExitCode == 3, $"a holder that was heard of a moment ago was robbed: {early}");
        await Eventually.Async(() => sample.Database.ScalarAsync<bool>(HeartbeatIsOld), TimeSpan.FromSeconds(60), what: "the heartbeat is old");
        var back = await sample.RunAsync("v2", "rollback --output json");
        Assert.True(back.ExitCode == 0, back.ToString());

        var (world, containers) = (await sample.Database.ScalarAsync<string>(World), await ContainersAsync(sample));
        var since = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1;
        await Eventually.Async(() => DateTimeOffset.UtcNow.ToUnixTimeSeconds() > since, TimeSpan.FromSeconds(5), what: "the engine's clock shows another second");
        await SignalAsync(run, "CONT");
        var end = await run.EndAsync();

        Assert.True(end.ExitCode is not 0, end.ToString());
        Assert.True(end.Error.Contains("SD0203", StringComparison.Ordinal), end.ToString());
        Assert.Equal(world, await sample.Database.ScalarAsync<string>(World));
        Assert.Equal(containers, await ContainersAsync(sample));
        Assert.Equal("", await EventsAsync(sample, since));
        Assert.Equal(0, await sample.Database.ScalarAsync<long>(LateLines));
        Assert.Equal("v1", (await sample.AskFrontAsync()).Version);
        Assert.Single(await sample.TenantVersionsAsync());
    }

    // The engine keeps a container's networks in a map: each answer has them in another order.
    private static async Task<string> ContainersAsync(Sample sample)
    {
        var rows = await ContainerLabel.DockerAsync(
            "ps", "-a", "--no-trunc", "--filter", $"label=safe-deploy.service={sample.Service}", "--format", "{{.ID}} {{.Names}} {{.State}}\t{{.Networks}}");
        return string.Join('\n', rows.Split('\n').Select(row => row.Split('\t')).Select(row => $"{row[0]} {string.Join(',', row[^1].Split(',').Order(StringComparer.Ordinal))}").Order(StringComparer.Ordinal));
    }

    // Health probes of the engine itself are exec events; what a client asks for is not among them here.
    private static async Task<string> EventsAsync(Sample sample, long since) => await ContainerLabel.DockerAsync(
        "events", "--since", since.ToString(CultureInfo.InvariantCulture), "--until", DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        "--filter", "type=container", "--filter", $"label=safe-deploy.service={sample.Service}", "--format", "{{.Action}} {{.Actor.Attributes.name}}");

    private static async Task SignalAsync(CliProcess process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
