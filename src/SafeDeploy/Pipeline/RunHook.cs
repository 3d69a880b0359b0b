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
public sealed class RunHook(World world, RollbackRunner rollback, StopFormerProcess stop)
{
    public async Task<RunEnd> RunAsync(HookRequest request, RunCancellation cancellation)
    {
        var environment = world.Config.EnvironmentName;
        var state = await world.Ledger.StateAsync(environment, cancellation.Graceful);
        var history = state.Current is { } current ? new LedgerHistory(await world.Ledger.ReadAsync(current.Id, cancellation.Graceful)) : LedgerHistory.Empty;
        switch (HookDecision.Of(request.Run.RunId, request.JobIsBad, world.Config.Rollback.Automatic, state, history))
        {
            case HookDecision.Nothing nothing:
                return Quiet(state, history, nothing.Because);
            case HookDecision.StaysParked parked:
                return Quiet(state, history, string.Create(CultureInfo.InvariantCulture, $"the deployment waits for its next job until {parked.Until:u}"));
            case HookDecision.LeftOpen left:
                world.Story.Warning($"{left.Because}: the deployment stays open; safe-deploy rollback or safe-deploy recover ends it");
                return Quiet(state, history, $"{left.Because}: the deployment stays open");
            case HookDecision.CloseTheBooks:
                return await TakeAsync(request, state, CloseAsync, cancellation);
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
            return acquired is Acquisition.Busy other ? RunEnd.Refused(PipelineProblems.OccupiedBy(other.State)) : Quiet(state, LedgerHistory.Empty, "the deployment has ended meanwhile");
        await using var hold = held.Hold;
        using var box = new CancellationTokenSource(request.Within, world.Clock);
        using var graceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Graceful, hold.Lost, box.Token);
        using var forceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Forceful, hold.Lost);
        world.Target?.GuardWith(hold);
        var run = new RunContext(hold, new LedgerHistory(await hold.ReadAsync(forceful.Token)), world.Story, world.Clock, new RunCancellation(graceful.Token, forceful.Token));
        if (held.FencedEpoch is { } old)
            world.Story.Detail($"took over from epoch {old}: its sessions are ended");
        try
        {
            return await act(request, run);
        }
        catch (OperationCanceledException) when (graceful.IsCancellationRequested)
        {
            return Stopped(run, HookProblems.TimeIsOver(hold.Deployment, request.Within, box.IsCancellationRequested));
        }
        catch (ProblemException raced) when (raced.Problem.Code == LedgerProblems.SecondAutomaticRollback.Code)
        {
            return Quiet(state, run.History, "the rollback was claimed by another process of this run");
        }
        catch (ProblemException broken)
        {
            return Stopped(run, broken.Problem);
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
        var end = await rollback.RunAsync(run, request.Run.Actor, cause.What, cause);
        await run.Hold.ConcludeAsync(end, run.Force);
        return await EndAsync(run, end);
    }

    private async Task<RunEnd> CloseAsync(HookRequest request, RunContext run)
    {
        try
        {
            await Retirement.RetireAsync(world.Target, run);
        }
        catch (ProblemException failure)
        {
            // The release is good whatever becomes of the old one.
            world.Story.Warning($"{failure.Problem.Code} {failure.Problem.What}");
            await run.RecordAsync(null, new LedgerFact.Noted("the former release was not retired", failure.Problem.What));
        }

        var end = new LedgerFact.Concluded(Conclusion.Deployed, (int)ExitCode.Done, $"{run.History.Opened?.To.Display} is released", []);
        await run.Hold.ConcludeAsync(end, run.Force);
        return await EndAsync(run, end);
    }

    private async Task<RunEnd> EndAsync(RunContext run, LedgerFact.Concluded end) => new(
        end.Conclusion,
        end.Conclusion is Conclusion.RolledBack or Conclusion.Deployed ? ExitCode.Done : (ExitCode)end.ExitCode,
        end.Statement, [], run.Hold.Deployment, await world.RecordOfAsync(run.Hold.Deployment, run.Force));

    private static RunEnd Stopped(RunContext run, Problem problem) =>
        new(Conclusion.Incomplete, ExitCode.PersonNeeded, problem.What, [problem], run.Hold.Deployment, run.History);

    private static RunEnd Quiet(EnvironmentState state, LedgerHistory history, string statement) => new(
        history.End?.Conclusion ?? Conclusion.Parked, ExitCode.Done, statement, [], state.Current?.Id, LedgerHistory.Empty);
}
