using SafeDeploy.Ledger;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>The longest time that traffic is held: begins with the hold, ends when the new release takes traffic.</summary>
public sealed class HoldLimit(TimeSpan within, TimeProvider clock, RunContext outer) : IDisposable
{
    private CancellationTokenSource? _over;
    private CancellationTokenSource? _both;

    public TimeSpan Within => within;

    public bool IsOver => _over is { IsCancellationRequested: true } && !outer.Cancellation.IsCancellationRequested;

    /// <summary>The same run; while traffic is held it is also told to stop when the time is over.</summary>
    public RunContext Bound(RunContext run, StepName step)
    {
        if (run.History.Plan is not { HoldsTraffic: true } || step is not (StepName.MigratePublic or StepName.MigrateTenants or StepName.DeployImage))
            return run;
        if (_both is null)
        {
            _over = new CancellationTokenSource(Left(run), clock);
            _both = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, run.Cancellation);
        }

        return run.With(new RunCancellation(_both.Token, run.Force));
    }

    /// <summary>A resumed run goes on with the time that is left since traffic was first held.</summary>
    private TimeSpan Left(RunContext run)
    {
        var since = run.History.Entries.FirstOrDefault(e => e.Fact is LedgerFact.Intended { Change: Change.HoldTraffic })?.At ?? clock.GetUtcNow();
        var left = within - (clock.GetUtcNow() - since);
        return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
    }

    public void Dispose()
    {
        _both?.Dispose();
        _over?.Dispose();
    }
}
