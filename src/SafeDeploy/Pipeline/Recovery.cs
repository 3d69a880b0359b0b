using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Pipeline;

/// <param name="Reason">Recorded with the rollback; may be empty.</param>
/// <param name="TakeParked">A person insists although the deployment is parked within its time.</param>
public sealed record RecoveryRequest(RunIdentity Run, string Reason, bool TakeParked)
{
    /// <summary>A deployment of another run of the CI is left alone, whatever its state.</summary>
    public bool OwnRunOnly { get; init; }
}

/// <summary><c>recover</c>: ends what a process that died left behind, forward where the release had passed its last step, else back.</summary>
/// <param name="restore">Null where there is no backup store, and so no restore to end.</param>
/// <param name="stillWell">The gates through the front door, asked of what serves as the given version; null = well.</param>
public sealed class Recovery(
    World world, RollbackRunner rollback, ManualRestore? restore, Func<string, LedgerHistory, CancellationToken, Task<Problem?>> stillWell, Action<Problem> tell)
{
    private readonly CommitPoint _commit = new(world, tell);

    /// <summary>What would be done now. Changes nothing, holds nothing.</summary>
    /// <returns>Null plan when nothing would be done; the end then says why.</returns>
    public async Task<(RollbackPlan? Plan, RunEnd? End)> DecideAsync(RecoveryRequest request, CancellationToken cancellation)
    {
        var state = await world.Ledger.StateAsync(world.Config.EnvironmentName, cancellation);
        if (await NothingAsync(request, state, cancellation) is { } nothing)
            return (null, nothing);
        if (HoldDecision.Of(Acquiring(request, state), state, null) is HoldDecision.Answer)
            return (null, RunEnd.Refused(PipelineProblems.OccupiedBy(state)));
        var history = new LedgerHistory(await world.Ledger.ReadAsync(state.Current!.Id, cancellation));
        var path = await new RollbackPaths(world.Ledger).UnfinishedAsync(state.Environment, history, cancellation);
        return RecoveryDecision.Of(history) switch
        {
            RecoveryWay.Finish finish => (new RollbackPlan("finish", $"{history.Opened?.To.Display} stays released", finish.Because, []), null),
            RecoveryWay.EndRestore => (new RollbackPlan("end-restore", "what is unfinished of the restore is removed", "a restore is never taken forward or back by itself", []), null),
            _ => (await rollback.DecideAsync(history, path, cancellation), null),
        };
    }

    public async Task<RunEnd> RunAsync(RecoveryRequest request, RunCancellation cancellation)
    {
        var state = await world.Ledger.StateAsync(world.Config.EnvironmentName, cancellation.Graceful);
        if (await NothingAsync(request, state, cancellation.Graceful) is { } nothing)
            return nothing;
        await world.Ledger.PrepareAsync(cancellation.Graceful);
        return await world.Ledger.AcquireAsync(Acquiring(request, state), cancellation.Graceful) switch
        {
            Acquisition.Busy other => RunEnd.Refused(PipelineProblems.OccupiedBy(other.State)),
            Acquisition.Held held => await EnterAsync(request, held, cancellation),
            _ => throw new InvalidOperationException("a deployment that was there a moment ago is gone"),
        };
    }

    private AcquireRequest Acquiring(RecoveryRequest request, EnvironmentState state) => new(
        AcquireMode.TakeOver, world.Config.Project, new DeploymentIdentity(world.Config.EnvironmentName, request.Run.RunId, ""),
        state.Current!.To, request.Run, null, request.TakeParked);

    private async Task<RunEnd> EnterAsync(RecoveryRequest request, Acquisition.Held held, RunCancellation cancellation)
    {
        await using var hold = held.Hold;
        using var forceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Forceful, hold.Lost);
        // The first signal does not stop a way back, or a way to the end, half way; the second does.
        var run = await UnderHold.EnterAsync(world, held, new RunCancellation(forceful.Token, forceful.Token));
        if (held.FencedEpoch is { } old)
            world.Story.Detail($"took over from epoch {old}: its sessions are ended");
        return await UnderHold.RunAsync(world, run, () => true, () => EndAsync(request, run));
    }

    private async Task<RunEnd> EndAsync(RecoveryRequest request, RunContext run)
    {
        switch (RecoveryDecision.Of(run.History))
        {
            case RecoveryWay.Leave leave:
                // Somebody ended it between the look and the hold: its end stands.
                await run.Hold.ConcludeAsync(leave.End, run.Force);
                return Nothing(run.Hold.Deployment, leave.End, run.History);
            case RecoveryWay.Finish finish:
                world.Story.Detail($"finishing: {finish.Because}");
                return await SickAsync(run) is { } sick ? await BackAsync(request, run, sick) : await _commit.ReachAsync(run, request.Run.Actor);
            case RecoveryWay.EndRestore:
                return await (restore ?? throw new ProblemException(ManualRestoreProblems.NoStore())).EndAsync(run);
            default:
                return await BackAsync(request, run, null);
        }
    }

    /// <summary>A release that nobody committed yet is asked once more: it may have been alone for long. A committed one is not taken back.</summary>
    private async Task<Problem?> SickAsync(RunContext run)
    {
        if (run.History.IsCommitted || run.History.Opened?.To is not { } to)
            return null;
        await DeadFront.RaiseAsync(world.Target, StepName.VerifyHealth, run);
        var sick = await stillWell(to.Version, run.History, run.Force);
        if (sick is not null)
            tell(sick);
        return sick;
    }

    private async Task<RunEnd> BackAsync(RecoveryRequest request, RunContext run, Problem? cause)
    {
        var reason = request.Reason.Length > 0 ? request.Reason : "its run died without ending";
        var end = await rollback.RunAsync(run, request.Run.Actor, reason, cause);
        return await UnderHold.ConcludeAsync(world, run, end);
    }

    /// <summary>Nothing is open: no deployment, or one that came to an end that needs nobody; or a person, and no second opinion.</summary>
    private async Task<RunEnd?> NothingAsync(RecoveryRequest request, EnvironmentState state, CancellationToken cancellation)
    {
        if (state.Current is not { } current)
            return new RunEnd(null, ExitCode.Done, $"nothing to recover: environment \"{state.Environment}\" has no deployment", [], null, LedgerHistory.Empty);
        if (request.OwnRunOnly && !RecoveryDecision.IsOfRun(request.Run.RunId, state))
            return new RunEnd(null, ExitCode.Done, $"nothing to recover: deployment \"{current.Id}\" is not of this run", [], null, LedgerHistory.Empty);
        if (state.State != HoldState.Free)
            return null;
        var history = new LedgerHistory(await world.Ledger.ReadAsync(current.Id, cancellation));
        return RecoveryDecision.Of(history) is RecoveryWay.Leave leave ? Nothing(current.Id, leave.End, history) : null;
    }

    private static RunEnd Nothing(DeploymentId deployment, LedgerFact.Concluded end, LedgerHistory history) => end.Conclusion == Conclusion.Forbidden
        ? new RunEnd(end.Conclusion, ExitCode.PersonNeeded, end.Statement, [], deployment, history)
        : new RunEnd(end.Conclusion, ExitCode.Done, $"nothing to recover: deployment \"{deployment}\" has ended: {end.Statement}", [], null, LedgerHistory.Empty);
}
