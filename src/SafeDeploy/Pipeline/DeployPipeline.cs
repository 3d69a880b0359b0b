using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>The whole run: plan, hold, snapshot, stages in order, commit point; on failure the way back.</summary>
/// <param name="stages">Makes the step of a stage for a plan.</param>
public sealed class DeployPipeline(World world, Stages stages, RollbackRunner rollback)
{
    private readonly CommitPoint _commit = new(world, stages.Tell);

    public async Task<RunEnd> RunAsync(RunRequest request, RunCancellation cancellation)
    {
        await world.Ledger.PrepareAsync(cancellation.Graceful);
        var busy = await world.Ledger.StateAsync(world.Config.EnvironmentName, cancellation.Graceful);
        if (busy.State == HoldState.Working)
            return RunEnd.Refused(PipelineProblems.OccupiedBy(busy));
        var builder = new PlanBuilder(world);
        var (release, image, sets) = await builder.ReleaseAsync(request.Commit, cancellation.Graceful);
        switch (await AcquireAsync(request, release, cancellation.Graceful))
        {
            case Acquisition.Busy other:
                return RunEnd.Refused(PipelineProblems.OccupiedBy(other.State));
            case Acquisition.AlreadyConcluded { Deployment: { Conclusion: Conclusion.Deployed } done }:
                return new RunEnd(Conclusion.Deployed, ExitCode.Done, $"deployed already at {done.ConcludedAt:u}: nothing to do", [], done.Id, LedgerHistory.Empty);
            case Acquisition.AlreadyConcluded ended:
                return RunEnd.Refused(PipelineProblems.EndedAlready(ended.Deployment));
            case Acquisition.Held held:
                await using (held.Hold)
                    return await WorkAsync(request, held, new Planning(builder, release, image, sets), cancellation);
            default:
                throw new InvalidOperationException("opening a deployment finds none to take over");
        }
    }

    private sealed record Planning(PlanBuilder Builder, Release Release, ResolvedImage? Image, ImmutableArray<Migrations.MigrationSet> Sets);

    private Task<Acquisition> AcquireAsync(RunRequest request, Release release, CancellationToken cancellation)
    {
        var identity = new DeploymentIdentity(
            world.Config.EnvironmentName, request.Run.RunId, ReleaseFingerprint.Of(release.Version, release.Digest, release.Migrations));
        var mode = request.Only is null or StepName.Preflight ? AcquireMode.Open : AcquireMode.Continue;
        return world.Ledger.AcquireAsync(new AcquireRequest(mode, world.Config.Project, identity, release, request.Run, request.Deployment), cancellation);
    }

    private async Task<RunEnd> WorkAsync(RunRequest request, Acquisition.Held held, Planning planning, RunCancellation cancellation)
    {
        using var forceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Forceful, held.Hold.Lost);
        using var graceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Graceful, held.Hold.Lost);
        var run = await UnderHold.EnterAsync(world, held, new RunCancellation(graceful.Token, forceful.Token));
        if (held.FencedEpoch is { } old)
            world.Story.Detail($"took over from epoch {old}: its sessions are ended, going on where it stopped");
        return await UnderHold.RunAsync(world, run, () => run.History.Plan is not null, () => ForwardAsync(request, run, planning));
    }

    private async Task<RunEnd> ForwardAsync(RunRequest request, RunContext run, Planning planning)
    {
        if (run.History.RollbackIsClaimed)
            return await BackAsync(run, request, null, null);
        if (run.History.IsCommitted)
            return await _commit.ReachAsync(run, request.Run.Actor);
        DeployPlan plan;
        try
        {
            plan = await planning.Builder.BuildAsync(planning.Release, planning.Image, planning.Sets, run.Cancellation);
            if (await RefusalAsync(request, run, plan) is { } refused)
                return refused;
            await BeginAsync(run, plan);
        }
        catch (ProblemException early) when (run.History.Plan is null)
        {
            return await RefuseAsync(run, [early.Problem]);
        }

        return await StagesAsync(request, run, plan);
    }

    private async Task<RunEnd?> RefusalAsync(RunRequest request, RunContext run, DeployPlan plan)
    {
        var reasons = plan.Refusals;
        if (request.SkipBackup && plan.ChangesData && request.Reason.Length == 0)
            reasons = reasons.Add(PipelineProblems.NoBackup());
        if (run.History.Plan is null && await DriftAsync(request, run) is { } drift)
            reasons = reasons.Add(drift);
        // A deployment that has begun is not refused any more: what it has applied decides the way on.
        return reasons.IsEmpty || run.History.Plan is not null ? null : await RefuseAsync(run, reasons);
    }

    private static async Task<RunEnd> RefuseAsync(RunContext run, ImmutableArray<Problem> reasons)
    {
        await run.Hold.ConcludeAsync(End(Conclusion.Refused, ExitCode.Refused, reasons[0].What, reasons), run.Force);
        return new RunEnd(Conclusion.Refused, ExitCode.Refused, reasons[0].What, reasons, run.Hold.Deployment, run.History);
    }

    /// <summary>The previous release is the last committed one; anything else that serves must be named by a person.</summary>
    private async Task<Problem?> DriftAsync(RunRequest request, RunContext run)
    {
        if (world.Target is null || run.History.Opened?.From is not { Digest: { } recorded } from)
            return null;
        var state = await world.Target.StateAsync(run.Cancellation);
        if (state.Slot(state.Serving) is not { Digest: { } serving } now || serving == recorded || serving == request.AcceptServing)
            return null;
        return PipelineProblems.ServesSomethingElse($"{now.Version} ({serving})", from.Display, serving);
    }

    /// <summary>The plan and the world before it, once a deployment; a resumed one keeps the first.</summary>
    private async Task BeginAsync(RunContext run, DeployPlan plan)
    {
        if (run.History.Snapshot is null)
            await run.RecordAsync(null, new LedgerFact.SnapshotTaken(await stages.SnapshotAsync(plan, run.Cancellation)));
        if (run.History.Plan is null)
            await run.RecordAsync(null, plan.AsFact());
    }

    private async Task<RunEnd> StagesAsync(RunRequest request, RunContext run, DeployPlan plan)
    {
        var wanted = request.Only is { } only ? [only] : plan.Steps;
        using var limit = new HoldLimit(world.Config.Deploy?.Maintenance.HoldWithin ?? TimeSpan.MaxValue, world.Clock, run);
        foreach (var name in wanted)
        {
            if (await OverrideAsync(request, run, name))
                continue;
            if (await MaintenanceAsync(run, name) is { } notHeld)
                return await FailedAsync(request, run, name, notHeld, []);
            var bounded = limit.Bound(run, name);
            var outcome = await StepRunner.RunAsync(stages.Of(name, plan, bounded, request), stages.Sentence(name, plan), bounded);
            switch (outcome)
            {
                case StepOutcome.Failed when limit.IsOver:
                    return await FailedAsync(request, run, name, PipelineProblems.HoldOver(limit.Within), []);
                case StepOutcome.Failed failed:
                    return await FailedAsync(request, run, name, failed.Problem, failed.Others);
                case StepOutcome.Refused refused:
                    return await RefusedAsync(request, run, refused);
                default:
                    world.Story.Detail(outcome is StepOutcome.Succeeded done ? done.Summary : $"skipped: {((StepOutcome.Skipped)outcome).Reason}");
                    break;
            }
        }

        return wanted.Contains(plan.Steps[^1]) ? await _commit.ReachAsync(run, request.Run.Actor) : await ParkAsync(request, run);
    }

    /// <summary>Writes down what a person overrides at this stage.</summary>
    /// <returns>Whether the stage is left out.</returns>
    private static async Task<bool> OverrideAsync(RunRequest request, RunContext run, StepName name)
    {
        if (name == StepName.Preflight && request.AcceptDrift)
            await run.RecordAsync(name, new LedgerFact.Noted("drift accepted", request.Reason));
        if (name != StepName.Backup || !request.SkipBackup)
            return false;
        await run.RecordAsync(name, new LedgerFact.Noted("backup skipped", request.Reason));
        return true;
    }

    /// <summary>Before the first change of an incompatible release: workers stop and new requests are held.</summary>
    private async Task<Problem?> MaintenanceAsync(RunContext run, StepName name)
    {
        if (run.History.Plan is not { HoldsTraffic: true } plan || name is not (StepName.MigratePublic or StepName.MigrateTenants) || world.Target is null)
            return null;
        try
        {
            await Maintenance.EnterAsync(world.Target, run, name, plan.Migrations.First(m => m.FitsPreviousImage == false).Because);
            return null;
        }
        catch (ProblemException failure)
        {
            return failure.Problem;
        }
    }

    private async Task<RunEnd> RefusedAsync(RunRequest request, RunContext run, StepOutcome.Refused refused)
    {
        var reasons = refused.Others.Insert(0, refused.Problem);
        return run.History.MovedScopes().IsEmpty && run.History.NewSlot() is null
            ? await RefuseAsync(run, reasons)
            : await FailedAsync(request, run, StepName.Preflight, refused.Problem, refused.Others);
    }

    private async Task<RunEnd> FailedAsync(RunRequest request, RunContext run, StepName name, Problem problem, ImmutableArray<Problem> others)
    {
        stages.Tell(problem);
        foreach (var other in others)
            stages.Tell(other);
        if (run.Cancellation.IsCancellationRequested)
            return UnderHold.Cancelled(run, name);
        if (request.Only is not null)
            return await LeaveOpenAsync(request, run, problem);
        return await BackAsync(run, request, problem, name);
    }

    private async Task<RunEnd> LeaveOpenAsync(RunRequest request, RunContext run, Problem problem)
    {
        await run.Hold.ParkAsync(world.Clock.GetUtcNow() + request.ParkFor, $"failed {request.Only!.Value.Text()}", run.Force);
        return new RunEnd(Conclusion.Parked, ExitCode.Failed, $"{request.Only.Value.Text()} failed; the deployment is left open: safe-deploy rollback decides the way back", [problem], run.Hold.Deployment, await LatestAsync(run));
    }

    private async Task<RunEnd> BackAsync(RunContext run, RunRequest request, Problem? cause, StepName? failedIn)
    {
        if (!world.Config.Rollback.Automatic && cause is not null)
            return await LeaveOpenAsync(request with { Only = failedIn ?? StepName.Rollback }, run, cause);
        // The first signal does not stop a way back that has begun; the second does.
        var back = run.With(new RunCancellation(run.Force, run.Force));
        var end = await rollback.RunAsync(back, request.Run.Actor, cause?.What ?? "resumed", cause);
        return await UnderHold.ConcludeAsync(world, run, end, cause is null ? [] : [cause]);
    }

    private async Task<RunEnd> ParkAsync(RunRequest request, RunContext run)
    {
        var until = world.Clock.GetUtcNow() + request.ParkFor;
        await run.Hold.ParkAsync(until, request.Only!.Value.Text(), run.Force);
        return new RunEnd(Conclusion.Parked, ExitCode.Done, $"{request.Only.Value.Text()} is done; the deployment waits for its next step until {until:u}", [], run.Hold.Deployment, await LatestAsync(run));
    }

    private Task<LedgerHistory> LatestAsync(RunContext run) => world.RecordOfAsync(run.Hold.Deployment, run.Force);

    private static LedgerFact.Concluded End(Conclusion conclusion, ExitCode code, string statement, ImmutableArray<Problem> problems) =>
        new(conclusion, (int)code, statement, [.. problems.Select(ProblemNote.Of)]);
}
