using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Steps.DeployImage;

/// <summary>Brings the new release up beside the old one, has it prove itself, then moves traffic; the old one stays warm.</summary>
/// <param name="target">Where releases run.</param>
/// <param name="release">What is to serve.</param>
/// <param name="proveNew">Readiness with the version proved, then the gates, asked of the instances of a slot; null = well.</param>
public sealed class DeployImageStep(IDeployTarget target, Release release, Func<string, CancellationToken, Task<Problem?>> proveNew) : IStep
{
    public StepName Name => StepName.DeployImage;

    public async Task<StepOutcome> RunAsync(RunContext run)
    {
        var state = await target.StateAsync(run.Cancellation);
        if (run.History.NewSlot() is null && AlreadyServes(state))
            return new StepOutcome.Skipped($"{release.Display} serves already");

        await PrepareAsync(run);
        var slot = run.History.NewSlot() ?? state.FreeSlot;
        await ClearAsync(run, state, slot);
        var spec = target.SpecOf(release, slot, run.Hold.Deployment);
        run.Story.Detail($"starting {release.Display} in slot {slot}, beside {state.Serving ?? "nothing"}");
        await run.ChangeAsync(Name, $"start:{slot}", new Change.StartRelease(release, slot, spec), new Undo.RemoveStarted(slot), async cancellation =>
        {
            await target.StartAsync(release, slot, spec, cancellation);
            return $"{release.Display} started in {slot}";
        });

        run.Cancellation.ThrowIfCancellationRequested();
        if (target.StartsBeside && await proveNew(slot, run.Cancellation) is { } sick)
            return new StepOutcome.Failed(sick);
        run.Cancellation.ThrowIfCancellationRequested();
        await SwitchAsync(run, state.Serving, slot, spec);
        if (!target.StartsBeside && await proveNew(slot, run.Cancellation) is { } unwell)
            return new StepOutcome.Failed(unwell);
        return new StepOutcome.Succeeded($"{release.Display} serves from slot {slot}; {Before(state)}");
    }

    private bool AlreadyServes(TargetState state) =>
        !state.Held && state.Slot(state.Serving) is { } now && now.Version == release.Version && now.Digest == release.Digest && now.Running > 0;

    private string Before(TargetState state) =>
        state.Slot(state.Serving) is { } old ? $"{old.Version} is drained and kept in {old.Slot}" : "nothing served before";

    private async Task PrepareAsync(RunContext run)
    {
        foreach (var item in await target.MissingAsync(run.Cancellation))
            await run.ChangeAsync(Name, $"prepare:{item}", new Change.PrepareTarget(item), new Undo.Nothing(), async cancellation =>
            {
                await target.PrepareAsync(item, cancellation);
                return item;
            });
    }

    /// <summary>A release of another deployment left in the free slot makes room; what serves is never in it.</summary>
    private async Task ClearAsync(RunContext run, TargetState state, string slot)
    {
        if (state.Slot(slot) is not { } left || left.Deployment == run.Hold.Deployment.Value)
            return;
        await run.ChangeAsync(Name, $"clear:{slot}", new Change.RemoveRelease(slot), new Undo.Nothing(), async cancellation =>
        {
            await target.RemoveAsync(slot, cancellation);
            return $"{left.Version} of an earlier deployment removed from {slot}";
        });
    }

    private async Task SwitchAsync(RunContext run, string? from, string slot, string spec)
    {
        await run.ChangeAsync(Name, $"switch:{slot}", new Change.SwitchTraffic(from, slot), new Undo.SwitchBack(from), async cancellation =>
        {
            await target.SwitchAsync(slot, cancellation);
            return $"traffic moved from {from ?? "nobody"} to {slot}";
        });
        if (from is not null)
            await run.ChangeAsync(Name, $"stop-workers:{from}", new Change.StopWorkers(from), new Undo.StartWorkersAgain(from), async cancellation =>
            {
                await target.StopWorkersAsync(from, cancellation);
                return $"workers of {from} stopped";
            });
        await run.ChangeAsync(Name, $"start-workers:{slot}", new Change.StartWorkers(slot), new Undo.Nothing(), async cancellation =>
        {
            await target.StartWorkersAsync(slot, release, spec, cancellation);
            return $"workers of {slot} started";
        });
    }
}
