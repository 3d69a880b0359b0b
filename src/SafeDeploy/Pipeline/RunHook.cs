using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <param name="Step">The step whose end is watched; for messages.</param>
/// <param name="JobIsBad">The job failed or was cancelled.</param>
/// <param name="Within">The time box: at its end the current scope is finished and no further one begun.</param>
public sealed record HookRequest(RunIdentity Run, string Step, bool JobIsBad, TimeSpan Within);

/// <summary>Makes sure that the former process of this run is gone; gives one line of what it did, or null.</summary>
public delegate Task<string?> StopFormerProcess(RunIdentity former, CancellationToken cancellation);

/// <summary>What a CI's post step calls: closes the books, or fences what is left of the job and takes this run's deployment back, once.</summary>
public sealed class RunHook(World world, RollbackRunner rollback, StopFormerProcess stop, Action<Problem> tell)
{
    private readonly CommitPoint _commit = new(world, tell);

    public async Task<RunEnd> RunAsync(HookRequest request, RunCancellation cancellation)
    {
        var environment = world.Config.EnvironmentName;
        var state = await world.Ledger.StateAsync(environment, cancellation.Graceful);
        var history = state.Current is { } current ? new LedgerHistory(await world.Ledger.ReadAsync(current.Id, cancellation.Graceful)) : LedgerHistory.Empty;
        switch (HookDecision.Of(request.Run.RunId, request.JobIsBad, world.Config.Rollback.Automatic, state, history))
        {
            case HookDecision.Nothing nothing:
                return Quiet(history, nothing.Because, state.Current?.Id);
            case HookDecision.StaysParked parked:
                return Quiet(history, string.Create(CultureInfo.InvariantCulture, $"the deployment waits for its next job until {parked.Until:u}"), state.Current?.Id);
            case HookDecision.LeftOpen left:
                world.Story.Warning($"{left.Because}: the deployment stays open; safe-deploy rollback or safe-deploy recover ends it");
                return Quiet(history, $"{left.Because}: the deployment stays open", state.Current?.Id);
            case HookDecision.CloseTheBooks:
                return await TakeAsync(request, state, (_, run) => _commit.ReachAsync(run, request.Run.Actor), cancellation);
            default:
                return await TakeAsync(request, state, BackAsync, cancellation);
        }
    }

    private async Task<RunEnd> TakeAsync(HookRequest request, EnvironmentState state, Func<HookRequest, RunContext, Task<RunEnd>> act, RunCancellation cancellation)
    {
        await FenceProcessAsync(request, state, cancellation.Graceful);
        var identity = new DeploymentIdentity(world.Config.EnvironmentName, request.Run.RunId, "");
        var acquired = await world.Ledger.AcquireAsync(
            new AcquireRequest(AcquireMode.TakeOver, world.Config.Project, identity, state.Current!.To, request.Run, state.Current.Id), cancellation.Graceful);
        if (acquired is not Acquisition.Held held)
            return acquired is Acquisition.Busy other ? RunEnd.Refused(PipelineProblems.OccupiedBy(other.State)) : Quiet(LedgerHistory.Empty, "the deployment has ended meanwhile", state.Current.Id);
        await using var hold = held.Hold;
        using var box = new CancellationTokenSource(request.Within, world.Clock);
        using var graceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Graceful, hold.Lost, box.Token);
        using var forceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Forceful, hold.Lost);
        var run = await UnderHold.EnterAsync(world, held, new RunCancellation(graceful.Token, forceful.Token));
        if (held.FencedEpoch is { } old)
            world.Story.Detail($"took over from epoch {old}: its sessions are ended");
        return await UnderHold.RunAsync(world, run, () => true, () => InTimeAsync(request, run, act, box.Token));
    }

    /// <param name="box">Ends when the time does.</param>
    private async Task<RunEnd> InTimeAsync(HookRequest request, RunContext run, Func<HookRequest, RunContext, Task<RunEnd>> act, CancellationToken box)
    {
        try
        {
            return await act(request, run);
        }
        catch (OperationCanceledException) when (run.Cancellation.IsCancellationRequested && !run.Hold.Lost.IsCancellationRequested)
        {
            var over = HookProblems.TimeIsOver(run.Hold.Deployment, request.Within, box.IsCancellationRequested);
            return new RunEnd(Conclusion.Incomplete, ExitCode.PersonNeeded, over.What, [over], run.Hold.Deployment, run.History);
        }
        catch (ProblemException raced) when (raced.Problem.Code == LedgerProblems.SecondAutomaticRollback.Code)
        {
            return Quiet(run.History, "the rollback was claimed by another process of this run", run.Hold.Deployment);
        }
    }

    /// <summary>The runner kills its client, not the container: what ignored the signals still works.</summary>
    private async Task FenceProcessAsync(HookRequest request, EnvironmentState state, CancellationToken cancellation)
    {
        if (state.Holder is not { } former || former.RunId != request.Run.RunId || former.Host == request.Run.Host)
            return;
        try
        {
            if (await stop(former, cancellation) is { } done)
                world.Story.Detail(done);
        }
        catch (ProblemException away)
        {
            // The take-over below ends its sessions and its epoch; stopping it too only makes it quiet sooner.
            world.Story.Warning($"the former process was not stopped: {away.Problem.What}");
        }
    }

    private async Task<RunEnd> BackAsync(HookRequest request, RunContext run)
    {
        var cause = HookProblems.JobEnded(request.Step);
        return await UnderHold.ConcludeAsync(world, run, await rollback.RunAsync(run, request.Run.Actor, cause.What, cause));
    }

    private static RunEnd Quiet(LedgerHistory history, string statement, DeploymentId? deployment) => new(
        history.End?.Conclusion ?? Conclusion.Parked, ExitCode.Done, statement, [], deployment, LedgerHistory.Empty);
}
