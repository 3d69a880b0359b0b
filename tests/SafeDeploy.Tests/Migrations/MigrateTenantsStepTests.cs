using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.MigratePublic;
using SafeDeploy.Steps.MigrateTenants;

namespace SafeDeploy.Tests.Migrations;

/// <summary>Waves, what stops them, and what a resumed run still does.</summary>
public sealed class MigrateTenantsStepTests
{
    private static readonly MigrationSet Set = new(ScopeKind.Tenants, "golang-migrate", "db/tenant", [File("1"), File("2")]);
    private static readonly ProblemInfo SickInfo = new("SD0601", "sick", "", "");

    private readonly MemoryHold _hold = new();
    private readonly WrittenStory _story = new();
    private readonly MemoryEngine _engine = new(Set);
    private ImmutableArray<string> _tenants = [.. Enumerable.Range(1, 20).Select(i => $"t{i:00}")];

    [Fact]
    public async Task The_canaries_go_first_and_every_wave_has_its_two_lines()
    {
        var done = Assert.IsType<StepOutcome.Succeeded>(await RunAsync());
        Assert.Equal("20 of 20 tenants migrated to 2; the others were there already", done.Summary);
        Assert.Equal(["t07", "t01", "t02"], _engine.Order.Take(3));
        Assert.Equal(
            ["intended migrate-tenants:canaries", "t07 +1", "t07 +2", "applied migrate-tenants:canaries", "intended migrate-tenants:10%"],
            _hold.Told().Take(5));
        Assert.Equal(["applied migrate-tenants:100%"], _hold.Told().TakeLast(1));
        Assert.Contains("20 tenants to migrate, 1 at once (as configured)", _story.Lines);
        Assert.Contains("tenants 20/20", _story.Lines);
        Assert.Contains("! tenant schema \"t07\": look", _story.Lines);
        Assert.Contains("warning: tenant schema \"t07\": look", _hold.Noted());
    }

    [Fact]
    public async Task A_failed_tenant_stops_the_launch_of_further_ones_and_all_are_named()
    {
        _engine.Failing.Add("t05");
        var failed = Assert.IsType<StepOutcome.Failed>(await RunAsync());
        Assert.Equal(["t07", "t01", "t02", "t03", "t04", "t05"], _engine.Order);
        Assert.Equal("failed migrate-tenants:100% SD0413", _hold.Told().Last());
        Golden.Verify(ProblemText.Of(failed.Problem));
    }

    [Fact]
    public async Task Tenants_in_flight_are_let_end_and_a_second_failure_is_told_too()
    {
        _engine.Failing.UnionWith(["t01", "t02"]);
        var both = new TaskCompletionSource();
        var begun = 0;
        _engine.Before = scope => scope.Schema is "t01" or "t02" or "t03" && Interlocked.Increment(ref begun) == 3 ? Done(both) : scope.Schema == "t07" ? Task.CompletedTask : both.Task;
        var failed = Assert.IsType<StepOutcome.Failed>(await RunAsync(parallel: 3, waves: [new WaveSize.Canaries()]));
        Assert.Single(failed.Others);
        Assert.Contains("t03", _engine.Histories.Keys);
        Assert.Equal(4, _engine.Order.Count);
    }

    [Fact]
    public async Task Called_again_it_does_only_what_is_missing()
    {
        _engine.Failing.Add("t05");
        await RunAsync();
        _engine.Failing.Clear();
        _engine.Order.Clear();
        Assert.IsType<StepOutcome.Succeeded>(await RunAsync());
        Assert.Equal(15, _engine.Order.Count);
        Assert.DoesNotContain("t01", _engine.Order);
        Assert.Equal(40, _hold.Told().Count(line => line.Contains(" +", StringComparison.Ordinal)));
        Assert.IsType<StepOutcome.Skipped>(await RunAsync(history: false));
    }

    [Fact]
    public async Task A_serving_release_that_is_sick_after_the_canaries_stops_before_the_rest()
    {
        var failed = Assert.IsType<StepOutcome.Failed>(await RunAsync(stillWell: after => after == "canaries" ? Sick() : null));
        Assert.Equal("SD0601", failed.Problem.Code);
        Assert.Equal(["t07"], _engine.Order);
    }

    [Fact]
    public async Task A_tenant_created_meanwhile_is_migrated_too()
    {
        _engine.Before = scope => Done(() => _tenants = scope.Schema == "t19" ? _tenants.Add("new") : _tenants);
        Assert.IsType<StepOutcome.Succeeded>(await RunAsync());
        Assert.Contains("new", _engine.Histories.Keys);
        Assert.Contains("applied migrate-tenants:late-1", _hold.Told());
    }

    [Fact]
    public async Task Tenants_that_appear_without_end_are_named()
    {
        _engine.Before = _ => Done(() => _tenants = _tenants.Add($"new{_tenants.Length}"));
        var failed = Assert.IsType<StepOutcome.Failed>(await RunAsync());
        Assert.Equal("SD0435", failed.Problem.Code);
    }

    [Fact]
    public async Task A_canary_that_is_no_tenant_is_refused()
    {
        _tenants = ["t01"];
        Assert.Equal("SD0434", Assert.IsType<StepOutcome.Refused>(await RunAsync()).Problem.Code);
        Assert.Empty(_engine.Order);
    }

    [Fact]
    public async Task A_graceful_stop_starts_nothing_new()
    {
        using var stop = new CancellationTokenSource();
        _engine.Before = scope => scope.Schema == "t03" ? stop.CancelAsync() : Task.CompletedTask;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(stop: stop.Token));
        Assert.Equal("t03", _engine.Order.Last());
        Assert.Equal(["t03 +1", "t03 +2"], _hold.Told().TakeLast(2));
    }

    [Fact]
    public async Task The_shared_schema_is_one_wave_of_its_own()
    {
        var set = Set with { Kind = ScopeKind.Public };
        var engine = new MemoryEngine(set);
        var asked = new List<string>();
        var step = new MigratePublicStep(set, engine, (after, _) => { asked.Add(after); return Task.FromResult<Problem?>(null); });
        var done = Assert.IsType<StepOutcome.Succeeded>(await step.RunAsync(await ContextAsync(default)));
        Assert.Equal("public is at 2: 2 migrations applied", done.Summary);
        Assert.Equal(["public"], asked);
        Assert.Equal(["intended migrate-public", "public +1", "public +2", "applied migrate-public"], _hold.Told());
    }

    [Theory]
    [InlineData("canaries,5%,100%", "canaries:1 100%:19")]
    [InlineData("canaries,10%,100%", "canaries:1 10%:1 100%:18")]
    [InlineData("5%,canaries,100%", "5%:1 100%:19")]
    [InlineData("50%", "50%:10 100%:10")]
    [InlineData("", "100%:20")]
    public void Waves_divide_the_whole_fleet(string sizes, string expected)
    {
        var fleet = _tenants.Select(Scope.Parse).ToImmutableArray();
        var waves = TenantWave.Divide(fleet, [Tenant("t07")], [.. sizes.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Size)]);
        Assert.Equal(expected, string.Join(' ', waves.Select(wave => $"{wave.Name}:{wave.Scopes.Length}")));
        Assert.Equal(fleet, waves.SelectMany(wave => wave.Scopes).Order());
    }

    private static WaveSize Size(string text) => text == "canaries" ? new WaveSize.Canaries() : new WaveSize.UpTo(Percentage.TryParse(text)!.Value);

    private async Task<StepOutcome> RunAsync(
        int parallel = 1, ImmutableArray<WaveSize>? waves = null, Func<string, Problem?>? stillWell = null, CancellationToken stop = default, bool history = true)
    {
        var tenants = new TenantsSettings(new TenantsSource.Query("select 1"), [], [Tenant("t07")], []);
        var migrations = new MigrationsSettings(
            null, null, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1), new Parallelism.Exactly(parallel), waves ?? [new WaveSize.Canaries(), Size("10%"), Size("100%")], 3);
        var step = new MigrateTenantsStep(
            new TenantsPlan(Set, tenants, migrations, 8), _engine, new ListedTenants(() => _tenants),
            stillWell is null ? null : (after, _) => Task.FromResult(stillWell(after)));
        return await step.RunAsync(await ContextAsync(stop, history));
    }

    private async Task<RunContext> ContextAsync(CancellationToken stop, bool history = true) => new(
        _hold, history ? new LedgerHistory(await _hold.ReadAsync(stop)) : LedgerHistory.Empty, _story, TimeProvider.System, new RunCancellation(stop, CancellationToken.None));

    private static TenantSchema Tenant(string name) => TenantSchema.TryParse(name, out _)!;

    private static Problem Sick() => SickInfo.Occurred("it answers 500", "/", "the other tenants", "stopping", "look");

    private static Task Done(TaskCompletionSource source)
    {
        source.SetResult();
        return Task.CompletedTask;
    }

    private static Task Done(Action act)
    {
        act();
        return Task.CompletedTask;
    }

    private static Migration File(string version) => new(
        new MigrationVersion(version), $"m{version}", "", new MigrationScript($"db/tenant/{version}.up.sql", "", 1), new MigrationScript("", "", 1), MigrationHeader.None);
}
