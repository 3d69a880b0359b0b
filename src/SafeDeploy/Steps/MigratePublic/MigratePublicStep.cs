using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Steps.MigratePublic;

/// <summary>Migrates the shared schema, then asks the serving release whether it is still well.</summary>
/// <param name="set">The plan's; what is still pending is read again, so that a resumed step does only what is missing.</param>
/// <param name="stillWell">Null where nothing serves or nothing is verified.</param>
public sealed class MigratePublicStep(MigrationSet set, IMigrationEngine engine, LiveCheck? stillWell) : IStep
{
    private const string ChangeId = "migrate-public";

    public StepName Name => StepName.MigratePublic;

    public async Task<StepOutcome> RunAsync(RunContext run)
    {
        var scope = new Scope.Public();
        var applied = await engine.AppliedAsync([scope], run.Cancellation);
        var unadopted = applied[scope].IsEmpty ? await engine.UnadoptedAsync([scope], run.Cancellation) : [];
        var fleet = FleetHistory.Of(set, applied, unadopted);
        var pending = fleet.Pending[scope];
        if (fleet.Problems.AddRange(engine.Examine(pending)) is [var first, .. var others])
            return new StepOutcome.Refused(first, others);
        var movedBefore = run.History.MovedScopes().ContainsKey(scope);
        if (pending.IsEmpty && !movedBefore)
            return new StepOutcome.Skipped($"public is up to date{(applied[scope] is [.., var newest] ? $" at {newest.Version}" : "")}");
        if (!pending.IsEmpty)
            await run.ChangeAsync(
                Name, ChangeId, new Change.MigrateWave(ScopeKind.Public, "public", [scope], [.. pending.Select(m => m.Version)]), WaveUndo.Of(pending),
                force => MigrateAsync(run, scope, pending, force));
        if (stillWell is not null && await stillWell("public", run.Cancellation) is { } sick)
            return new StepOutcome.Failed(sick);
        return new StepOutcome.Succeeded(string.Create(
            CultureInfo.InvariantCulture, $"public is at {set.Migrations[^1].Version}: {pending.Length} {(pending.Length == 1 ? "migration" : "migrations")} applied"));
    }

    private async Task<string> MigrateAsync(RunContext run, Scope scope, System.Collections.Immutable.ImmutableArray<Migration> pending, CancellationToken force)
    {
        var outcome = await engine.ForwardAsync(new ScopeWork(scope, run.Hold, Name, ChangeId, force), pending, run.Cancellation);
        foreach (var warning in outcome.Warnings)
        {
            run.Story.Warning($"public: {warning}");
            await run.RecordAsync(Name, new LedgerFact.Noted("warning", $"public: {warning}"));
        }

        await run.RecordAsync(Name, outcome);
        if (outcome.Problem is { } problem)
            throw new ProblemException(problem);
        return $"public is at {pending[^1].Version}";
    }
}
