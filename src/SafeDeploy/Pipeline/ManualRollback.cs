using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Pipeline;

/// <param name="TakeParked">A person insists although the deployment is parked within its time.</param>
/// <param name="To">Version or digest of the release to go back to; null = the one before.</param>
public sealed record ManualRollbackRequest(RunIdentity Run, string Reason, bool TakeParked, string? To = null);

/// <summary><c>rollback</c>: ends the environment's current deployment, open or committed, whoever held it.</summary>
public sealed class ManualRollback(World world, RollbackRunner rollback)
{
    private readonly RollbackPaths _paths = new(world.Ledger);

    /// <summary>The releases that <c>--to</c> may name, newest first. Reads only.</summary>
    public async Task<ImmutableArray<DeploymentSummary>> TargetsAsync(CancellationToken cancellation)
    {
        var state = await world.Ledger.StateAsync(world.Config.EnvironmentName, cancellation);
        return state.LastCommitted is null ? [] : await _paths.TargetsAsync(state, cancellation);
    }

    /// <summary>The decision as it would be taken now. Changes nothing, holds nothing.</summary>
    /// <returns>Null plan when there is nothing to decide about; the end then says why.</returns>
    public async Task<(RollbackPlan? Plan, RunEnd? Refusal)> DecideAsync(string? to, CancellationToken cancellation)
    {
        var state = await world.Ledger.StateAsync(world.Config.EnvironmentName, cancellation);
        if (Nothing(state, to) is { } refusal)
            return (null, refusal);
        var (path, unreachable) = await _paths.FindAsync(state, to, cancellation);
        if (unreachable is not null)
            return (null, RunEnd.Refused(unreachable));
        var history = new LedgerHistory(await world.Ledger.ReadAsync(state.Current!.Id, cancellation));
        return (await rollback.DecideAsync(history, path, cancellation), null);
    }

    public async Task<RunEnd> RunAsync(ManualRollbackRequest request, RunCancellation cancellation)
    {
        await world.Ledger.PrepareAsync(cancellation.Graceful);
        var state = await world.Ledger.StateAsync(world.Config.EnvironmentName, cancellation.Graceful);
        if (Nothing(state, request.To) is { } refusal)
            return refusal;
        // Asked before anything is taken over: a wrong name fences nobody.
        if ((await _paths.FindAsync(state, request.To, cancellation.Graceful)).Refusal is { } unreachable)
            return RunEnd.Refused(unreachable);
        var identity = new DeploymentIdentity(world.Config.EnvironmentName, request.Run.RunId, "");
        var acquired = await world.Ledger.AcquireAsync(
            new AcquireRequest(AcquireMode.TakeOver, world.Config.Project, identity, state.Current!.To, request.Run, null, request.TakeParked), cancellation.Graceful);
        return acquired switch
        {
            Acquisition.Busy other => RunEnd.Refused(PipelineProblems.OccupiedBy(other.State)),
            Acquisition.NothingThere => RunEnd.Refused(PipelineProblems.Nothing(world.Config.EnvironmentName)),
            Acquisition.AlreadyConcluded ended => RunEnd.Refused(PipelineProblems.EndedAlready(ended.Deployment)),
            Acquisition.Held held => await BackAsync(request, held, cancellation),
            _ => throw new InvalidOperationException("unknown answer of the ledger"),
        };
    }

    private async Task<RunEnd> BackAsync(ManualRollbackRequest request, Acquisition.Held held, RunCancellation cancellation)
    {
        await using var hold = held.Hold;
        using var forceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Forceful, hold.Lost);
        // The first signal does not stop a rollback half way; the second does.
        var run = await UnderHold.EnterAsync(world, held, new RunCancellation(forceful.Token, forceful.Token));
        if (held.FencedEpoch is { } old)
            world.Story.Detail($"took over from epoch {old}: its sessions are ended");
        return await UnderHold.RunAsync(world, run, () => true, () => TakeAsync(request, run));
    }

    private async Task<RunEnd> TakeAsync(ManualRollbackRequest request, RunContext run)
    {
        var state = await world.Ledger.StateAsync(run.Hold.Environment, run.Force);
        var (path, unreachable) = await _paths.FindAsync(state, request.To, run.Force);
        if (unreachable is not null)
            return RunEnd.Refused(unreachable);
        var end = await rollback.RunAsync(run, new RollbackCall(request.Run.Actor, Reason(request), null, path));
        return await UnderHold.ConcludeAsync(world, run, end);
    }

    private static string Reason(ManualRollbackRequest request) => request switch
    {
        { Reason.Length: > 0 } => request.Reason,
        { To: { } to } => $"asked by a person, to {to}",
        _ => "asked by a person",
    };

    private RunEnd? Nothing(EnvironmentState state, string? to) => state switch
    {
        { Current: null } => RunEnd.Refused(PipelineProblems.Nothing(world.Config.EnvironmentName)),
        // A release that was rolled back or refused stands in nobody's way: an older one may be named.
        _ when to is not null => null,
        { State: HoldState.Free, Current: { Conclusion: Conclusion.RolledBack } done } => RunEnd.Refused(PipelineProblems.RolledBackAlready(done)),
        { State: HoldState.Free, Current: { Conclusion: Conclusion.Refused or Conclusion.Restored } done } => RunEnd.Refused(PipelineProblems.EndedAlready(done)),
        _ => null,
    };
}
