using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>After the commit point the release that served before stops; its image is kept.</summary>
public static class Retirement
{
    public static async Task RetireAsync(IDeployTarget? target, RunContext run)
    {
        if (target is null || run.History.NewSlot() is not { } slot || run.History.Snapshot?.Serving?.Slot is not { } old || old == slot)
            return;
        await run.ChangeAsync(StepName.VerifyHealth, $"retire:{old}", new Change.RetireRelease(old), new Undo.Nothing(), async cancellation =>
        {
            await target.RetireAsync(old, cancellation);
            return $"{run.History.Snapshot.Serving.Version} in {old} is retired, its image kept";
        });
    }
}
