using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Pipeline;

/// <summary>Who asks for a rollback, why, and how far.</summary>
/// <param name="Cause">The failure that led here, or null when a person asked.</param>
/// <param name="Path">Null = the plain way back.</param>
public sealed record RollbackCall(string By, string Reason, Problem? Cause, RollbackPath? Path);

/// <summary>Takes the way back: claims it, decides, executes, proves; a process that finds it half taken goes on with it.</summary>
/// <param name="ready">Readiness of a slot's instances as a version; null = ready.</param>
/// <param name="wellInFront">The gates through the front door, asked of what serves; null = well.</param>
public sealed class RollbackRunner(
    World world,
    RollbackFactsReader facts,
    Func<string, string, CancellationToken, Task<Problem?>> ready,
    Func<string, LedgerHistory, CancellationToken, Task<Problem?>> wellInFront)
{
    /// <summary>What <c>rollback --dry-run</c> prints: the decision as it would be taken now. Changes nothing.</summary>
    /// <param name="path">Null = the plain way back.</param>
    public async Task<RollbackPlan> DecideAsync(LedgerHistory current, RollbackPath? path, CancellationToken cancellation)
    {
        var past = await PastAsync(current, path, cancellation);
        var plan = RollbackDecision.Decide(past, await facts.ReadAsync(past, cancellation), world.Config.Rollback.Database);
        return path is { Over.Length: > 0 } ? plan with { Reason = $"over {string.Join(", ", path.Over)} back to {path.Target.To.Version}: {plan.Reason}" } : plan;
    }

    /// <summary>Taken again where a process or a person finds a rollback to a named release unfinished.</summary>
    /// <param name="cause">The failure that led here, or null when a person asked.</param>
    public async Task<LedgerFact.Concluded> RunAsync(RunContext run, string by, string reason, Problem? cause)
    {
        await run.RefreshAsync();
        var path = await new RollbackPaths(world.Ledger).UnfinishedAsync(run.Hold.Environment, run.History, run.Cancellation);
        return await RunAsync(run, new RollbackCall(by, reason, cause, path));
    }

    public async Task<LedgerFact.Concluded> RunAsync(RunContext run, RollbackCall call)
    {
        var (_, reason, cause, path) = call;
        run.Story.Stage(StepName.Rollback, cause is null ? $"going back: {reason}" : $"going back: {cause.What}");
        await run.RefreshAsync();
        var past = await PastAsync(run.History, path, run.Cancellation);
        var plan = await PlanAsync(run, call);
        var end = await TakeAsync(run, plan, past, cause is null ? [] : [cause]);
        return end.Conclusion == Conclusion.RolledBack ? end with { RolledBackTo = path?.Target.Id.Value } : end;
    }

    private async Task<LedgerFact.Concluded> TakeAsync(RunContext run, RollbackPlan plan, LedgerHistory past, ImmutableArray<Problem> causes)
    {
        run.Story.Detail($"decision {plan.Row}: {plan.Decision}");
        run.Story.Detail($"because {plan.Reason}");
        var compensator = new Compensator(new RollbackWorld(world.Public, world.Tenants, world.Target, ready));
        if (await compensator.ExecuteAsync(run, plan, past) is { } stopped)
            return End(Conclusion.Incomplete, ExitCode.PersonNeeded, $"the rollback stopped before its end: {stopped.What}", [.. causes, PipelineProblems.Unfinished(stopped, Untouched(run, plan))]);
        if (plan.NeedsPerson)
            return End(Conclusion.Forbidden, ExitCode.PersonNeeded, plan.Decision, [.. causes, PipelineProblems.Forbidden(plan.Row, plan.Decision, plan.Reason, past.BackupSet)]);
        return await ProofAsync(run, plan, past) is { } red
            ? End(Conclusion.Unverified, ExitCode.PersonNeeded, $"{plan.Decision}, but it is not verified: {red.What}", [.. causes, red])
            : End(Conclusion.RolledBack, ExitCode.Failed, Verified(past, plan), causes);
    }

    /// <summary>The recorded plan of a rollback that was begun, else a new claim and a new decision.</summary>
    private async Task<RollbackPlan> PlanAsync(RunContext run, RollbackCall call)
    {
        var open = OpenDecision(run.History);
        if (open is not null)
        {
            await DeadFront.RaiseAsync(world.Target, StepName.Rollback, run);
            return new RollbackPlan(open.Row, open.Decision, open.Reason, open.Actions);
        }

        if (!ClaimIsOpen(run.History, call.Path?.Target.Id.Value))
            await run.RecordAsync(StepName.Rollback, new LedgerFact.RollbackClaimed(call.By, call.Cause is null, call.Reason, call.Path?.Target.Id.Value));
        await ReconcileAsync(run);
        await DeadFront.RaiseAsync(world.Target, StepName.Rollback, run);
        var plan = await DecideAsync(run.History, call.Path, run.Cancellation);
        await run.RecordAsync(StepName.Rollback, new LedgerFact.RollbackDecided(plan.Row, plan.Decision, plan.Reason, plan.Actions));
        return plan;
    }

    private async Task<LedgerHistory> PastAsync(LedgerHistory current, RollbackPath? path, CancellationToken cancellation) => path is null
        ? current
        : path.Past(current, world.Target is null ? null : await world.Target.StateAsync(cancellation));

    private static bool ClaimIsOpen(LedgerHistory history, string? to) =>
        history.Entries.LastOrDefault(e => e.Fact is LedgerFact.RollbackClaimed or LedgerFact.Concluded)?.Fact is LedgerFact.RollbackClaimed open && open.To == to;

    private static LedgerFact.RollbackDecided? OpenDecision(LedgerHistory history) =>
        history.Entries.LastOrDefault(e => e.Fact is LedgerFact.RollbackDecided or LedgerFact.Concluded)?.Fact as LedgerFact.RollbackDecided;

    /// <summary>An engine outside our transaction may have moved a scope whose line was never written: its own history tells.</summary>
    private async Task ReconcileAsync(RunContext run)
    {
        foreach (var (intended, isApplied) in run.History.Changes().ToArray())
        {
            if (isApplied || intended.Change is not Change.MigrateWave wave || world.Engine(wave.Kind) is not { } engine)
                continue;
            var moved = run.History.MovedScopes();
            var applied = await engine.AppliedAsync(wave.Scopes, run.Cancellation);
            foreach (var scope in wave.Scopes)
            {
                foreach (var version in Unrecorded(run.History, wave, scope, applied[scope], moved))
                    await run.RecordAsync(StepName.Rollback, new LedgerFact.ScopeMigrated(scope, version, Direction.Forward, intended.Id, 1, 0));
            }
        }
    }

    private static IEnumerable<MigrationVersion> Unrecorded(
        LedgerHistory history,
        Change.MigrateWave wave,
        Scope scope,
        ImmutableArray<AppliedMigration> applied,
        ImmutableSortedDictionary<Scope, ImmutableArray<MigrationVersion>> moved)
    {
        var planned = scope is Scope.Public ? history.Plan?.Public : history.Plan?.Tenants.GetValueOrDefault(scope.Schema, []);
        var known = moved.GetValueOrDefault(scope, []);
        return wave.Versions.Where(v => planned is { } p && p.Contains(v) && applied.Any(a => a.Version == v) && !known.Contains(v));
    }

    /// <summary>After the way back everything equals the snapshot: digest, structure, health.</summary>
    private async Task<Problem?> ProofAsync(RunContext run, RollbackPlan plan, LedgerHistory past)
    {
        if (past.Snapshot is not { } before)
            return null;
        if (world.Target is { } target && await DigestProofAsync(target, before, run.Cancellation) is { } wrong)
            return wrong;
        if (plan.SchemasReturn && plan.Actions.OfType<Change.MigrateScopeBack>().Any() && await StructureProofAsync(before, run.Cancellation) is { } differs)
            return differs;
        return before.Serving is null ? null : await wellInFront(before.Serving.Version, past, run.Cancellation);
    }

    private static async Task<Problem?> DigestProofAsync(IDeployTarget target, WorldSnapshot before, CancellationToken cancellation)
    {
        var state = await target.StateAsync(cancellation);
        var (now, then) = (Identity(state.Slot(state.Serving)?.AsServing()), Identity(before.Serving));
        return now == then && !state.Held ? null : PipelineProblems.Unverified(
            $"{now} serves{(state.Held ? " and traffic is held" : "")}, the snapshot says {then}", "the deploy target against the snapshot");
    }

    private static string Identity(ServingRelease? release) => release is null ? "nothing" : $"{release.Version} ({release.Digest ?? "no digest"})";

    private async Task<Problem?> StructureProofAsync(WorldSnapshot before, CancellationToken cancellation)
    {
        var scopes = before.Fingerprints.Keys.Select(Scope.Parse).ToArray();
        var now = await world.Database.FingerprintsAsync(scopes, cancellation);
        var differ = before.Fingerprints.Where(f => now.GetValueOrDefault(f.Key) != f.Value).Select(f => f.Key).ToArray();
        return differ.Length == 0 ? null : PipelineProblems.Unverified(
            $"{differ.Length} of {scopes.Length} schemas differ from the snapshot taken before the deployment",
            $"structure fingerprint of {string.Join(", ", differ.Take(5))}{(differ.Length > 5 ? ", …" : "")}");
    }

    private static string Verified(LedgerHistory past, RollbackPlan plan) => past.Snapshot?.Serving is not null
        ? $"{plan.Decision} (verified: digest, structure and gates)"
        : $"{plan.Decision} (verified: structure)";

    private static string Untouched(RunContext run, RollbackPlan plan)
    {
        var done = plan.Actions.Where((_, i) => run.History.IsApplied(Compensator.ActionId(run.History, i))).Select(RollbackWords.Of).ToArray();
        return done.Length == 0 ? "no action of the rollback was applied" : $"done so far: {string.Join("; ", done)}";
    }

    private static LedgerFact.Concluded End(Conclusion conclusion, ExitCode code, string statement, ImmutableArray<Problem> problems) =>
        new(conclusion, (int)code, statement, [.. problems.Select(ProblemNote.Of)]);
}
