using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>Traffic is held and workers stand still while an incompatible schema moves.</summary>
public static class Maintenance
{
    public static async Task EnterAsync(IDeployTarget target, RunContext run, StepName step, string because)
    {
        var state = await target.StateAsync(run.Cancellation);
        await run.ChangeAsync(step, "hold", new Change.HoldTraffic(because), new Undo.ReleaseHeldTraffic(), async cancellation =>
        {
            await target.HoldAsync(cancellation);
            return $"new requests get 503 with Retry-After: {because}";
        });
        if (state.Serving is { } slot)
            await run.ChangeAsync(step, $"stop-workers:{slot}", new Change.StopWorkers(slot), new Undo.StartWorkersAgain(slot), async cancellation =>
            {
                await target.StopWorkersAsync(slot, cancellation);
                return $"workers of {slot} stopped";
            });
    }
}
