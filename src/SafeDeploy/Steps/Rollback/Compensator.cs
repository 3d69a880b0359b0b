using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Steps.Rollback;

/// <summary>What the compensator may touch. Engines and target are null where the configuration has none.</summary>
/// <param name="Ready">Asks the instances of a slot until they are ready as the given version; traffic never moves to a release that is not.</param>
public sealed record RollbackWorld(
    IMigrationEngine? Public,
    IMigrationEngine? Tenants,
    IDeployTarget? Target,
    Func<string, string, CancellationToken, Task<Problem?>> Ready);

/// <summary>Executes a decided plan, action by action, and nothing else; called again it goes on with the first that is not applied.</summary>
public sealed class Compensator(RollbackWorld world)
{
    /// <param name="past">What is undone: the deployment's own history, or that of several composed; it says what served before.</param>
    /// <returns>The problem that stopped it, or null when every action is applied.</returns>
    public async Task<Problem?> ExecuteAsync(RunContext run, RollbackPlan plan, LedgerHistory past)
    {
        for (var i = 0; i < plan.Actions.Length; i++)
        {
            // Told to stop, it stops between two actions: a scope that is begun is finished.
            run.Cancellation.ThrowIfCancellationRequested();
            var (id, action) = (ActionId(run.History, i), plan.Actions[i]);
            try
            {
                if (await run.ChangeAsync(StepName.Rollback, id, action, new Undo.Nothing(), cancellation => ActAsync(run, past, action, id, cancellation)))
                    run.Story.Detail(RollbackWords.Of(action));
            }
            catch (ProblemException failure)
            {
                return failure.Problem;
            }
        }

        return null;
    }

    /// <summary>Of the i-th action of the latest decision: an earlier rollback of the same deployment has its own.</summary>
    public static string ActionId(LedgerHistory history, int i) => string.Create(
        CultureInfo.InvariantCulture, $"rollback{history.Entries.Count(e => e.Fact is LedgerFact.RollbackDecided)}:{i}");

    private async Task<string> ActAsync(RunContext run, LedgerHistory past, Change action, string id, CancellationToken cancellation)
    {
        switch (action)
        {
            case Change.MigrateScopeBack back:
                return await MigrateBackAsync(run, back, id, cancellation);
            case Change.HoldTraffic:
                await Target.HoldAsync(cancellation);
                break;
            case Change.SwitchTraffic to:
                await BeReadyAsync(past, to.ToSlot, cancellation);
                await Target.SwitchAsync(to.ToSlot, cancellation);
                break;
            case Change.ReleaseTraffic release:
                await BeReadyAsync(past, release.Slot, cancellation);
                await Target.SwitchAsync(release.Slot, cancellation);
                break;
            case Change.StartRelease start:
                await Target.StartAsync(start.Release, start.Slot, start.Spec, cancellation);
                break;
            case Change.StopWorkers stop:
                await Target.StopWorkersAsync(stop.Slot, cancellation);
                break;
            case Change.StartWorkers start:
                await StartWorkersAsync(past, start, cancellation);
                break;
            case Change.RemoveRelease remove:
                return await Target.RemoveAsync(remove.Slot, cancellation);
            default:
                throw new InvalidOperationException($"{action.GetType().Name} is no action of a rollback");
        }

        return RollbackWords.Of(action);
    }

    private IDeployTarget Target => world.Target ?? throw new InvalidOperationException("an image goes back only where one was deployed");

    private async Task BeReadyAsync(LedgerHistory past, string? slot, CancellationToken cancellation)
    {
        if (slot is not null && past.Snapshot?.Serving is { } previous && await world.Ready(slot, previous.Version, cancellation) is { } sick)
            throw new ProblemException(sick);
    }

    private async Task StartWorkersAsync(LedgerHistory past, Change.StartWorkers start, CancellationToken cancellation)
    {
        if (past.Snapshot?.Serving is not { } previous)
            return;
        var release = new Release(previous.Version, previous.Image, previous.Digest, past.Opened?.From?.Migrations ?? "", null);
        await Target.StartWorkersAsync(start.Slot, release, previous.Spec, cancellation);
    }

    /// <summary>Only what the scope's own history still has is undone: a resumed rollback repeats nothing.</summary>
    private async Task<string> MigrateBackAsync(RunContext run, Change.MigrateScopeBack back, string id, CancellationToken cancellation)
    {
        var engine = (back.Scope is Scope.Public ? world.Public : world.Tenants)
            ?? throw new InvalidOperationException($"{back.Scope} was migrated without an engine");
        var applied = (await engine.AppliedAsync([back.Scope], cancellation))[back.Scope];
        var todo = back.Versions.SelectMany(v => applied.Where(a => a.Version == v)).ToArray();
        var outcome = await engine.BackAsync(new ScopeWork(back.Scope, run.Hold, StepName.Rollback, id, run.Force), [.. todo], cancellation);
        foreach (var warning in outcome.Warnings)
            run.Story.Warning($"{back.Scope}: {warning}");
        if (outcome.Problem is { } problem)
            throw new ProblemException(problem);
        return $"{back.Scope} is back before {back.Versions[^1]}";
    }
}
