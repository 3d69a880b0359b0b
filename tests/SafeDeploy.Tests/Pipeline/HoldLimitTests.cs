using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Pipeline;
using SafeDeploy.Runs;
using SafeDeploy.Tests.Health;

namespace SafeDeploy.Tests.Pipeline;

/// <summary>How long traffic may be held, on a clock that the test turns.</summary>
public sealed class HoldLimitTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly FakeClock _clock = new(Scenes.Started);

    [Fact]
    public async Task A_release_that_holds_no_traffic_has_no_limit()
    {
        var run = await PlannedAsync(holds: false);
        using var limit = new HoldLimit(Minute, _clock, run.Context);
        Assert.Same(run.Context, limit.Bound(run.Context, StepName.MigrateTenants));
    }

    [Theory]
    [InlineData(StepName.Preflight)]
    [InlineData(StepName.Backup)]
    [InlineData(StepName.VerifyHealth)]
    public async Task Stages_before_and_after_the_hold_have_no_limit(StepName step)
    {
        var run = await PlannedAsync(holds: true);
        using var limit = new HoldLimit(Minute, _clock, run.Context);
        Assert.Same(run.Context, limit.Bound(run.Context, step));
    }

    [Fact]
    public async Task All_stages_under_the_hold_share_one_limit()
    {
        var run = await PlannedAsync(holds: true);
        using var limit = new HoldLimit(Minute, _clock, run.Context);
        var first = limit.Bound(run.Context, StepName.MigratePublic);
        _clock.Advance(TimeSpan.FromSeconds(59));
        var second = limit.Bound(run.Context, StepName.DeployImage);
        Assert.False(second.Cancellation.IsCancellationRequested);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(first.Cancellation.IsCancellationRequested && second.Cancellation.IsCancellationRequested);
        Assert.True(limit.IsOver);
        Assert.False(run.Context.Cancellation.IsCancellationRequested);
    }

    [Fact]
    public async Task A_resumed_run_has_only_the_time_that_is_left()
    {
        var run = await PlannedAsync(holds: true);
        await run.Context.RecordAsync(StepName.MigratePublic, new LedgerFact.Intended("hold", new Change.HoldTraffic("incompatible"), new Undo.ReleaseHeldTraffic()));
        _clock.Advance(TimeSpan.FromSeconds(50));
        using var limit = new HoldLimit(Minute, _clock, run.Context);
        var bound = limit.Bound(run.Context, StepName.MigrateTenants);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.True(bound.Cancellation.IsCancellationRequested);
    }

    [Fact]
    public async Task A_person_who_cancels_is_not_told_that_the_time_is_over()
    {
        using var graceful = new CancellationTokenSource();
        var run = await PlannedAsync(holds: true, new RunCancellation(graceful.Token, CancellationToken.None));
        using var limit = new HoldLimit(Minute, _clock, run.Context);
        var bound = limit.Bound(run.Context, StepName.MigrateTenants);
        await graceful.CancelAsync();
        Assert.True(bound.Cancellation.IsCancellationRequested);
        Assert.False(limit.IsOver);
    }

    private async Task<KeptRun> PlannedAsync(bool holds, RunCancellation? cancellation = null)
    {
        var run = new KeptRun(_clock, cancellation);
        await run.Context.RecordAsync(null, new LedgerFact.Planned([], ImmutableSortedDictionary<string, ImmutableArray<MigrationVersion>>.Empty, [], holds, []));
        return run;
    }
}
