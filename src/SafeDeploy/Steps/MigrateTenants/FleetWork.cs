using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Steps.MigrateTenants;

/// <summary>Runs waves one after the other and keeps the count over all of them.</summary>
internal sealed class FleetWork(RunContext run, IMigrationEngine engine, int parallel)
{
    private readonly ConcurrentQueue<ScopeOutcome> _ended = new();
    private readonly long _started = run.Clock.GetTimestamp();
    private int _total;

    public int Done => _ended.Count(outcome => outcome.Problem is null);

    /// <summary>So many more are to be migrated.</summary>
    public void Expect(int more) => _total += more;

    /// <summary>Writes "intended" for the wave, migrates it, writes "applied" or "failed".</summary>
    /// <param name="later">Tenants of the waves behind it, to be reported as untouched.</param>
    /// <returns>Null when the wave is done.</returns>
    public async Task<StepOutcome?> RunAsync(
        TenantWave wave, ImmutableSortedDictionary<Scope, ImmutableArray<Migration>> pending, ImmutableArray<Scope> later)
    {
        ImmutableArray<Migration> migrations =
            [.. wave.Scopes.SelectMany(scope => pending[scope]).DistinctBy(migration => migration.Version).OrderBy(migration => migration.Version)];
        // A wave that was applied before and has new tenants now is another change.
        var id = ChangeId(run.History, wave);
        StepOutcome? failed = null;
        try
        {
            await run.ChangeAsync(
                StepName.MigrateTenants, id,
                new Change.MigrateWave(ScopeKind.Tenants, wave.Name, wave.Scopes, [.. migrations.Select(migration => migration.Version)]),
                WaveUndo.Of(migrations),
                async force =>
                {
                    (failed, var detail) = await MigrateAsync(wave, pending, later, new WaveIdentity(id, force));
                    return failed is StepOutcome.Failed { Problem: var first } ? throw new ProblemException(first) : detail;
                });
        }
        catch (ProblemException) when (failed is not null)
        {
            // ChangeAsync has written the failure; the outcome also has the failures after the first.
        }

        return failed;
    }

    private sealed record WaveIdentity(string Id, CancellationToken Force);

    private static string ChangeId(LedgerHistory history, TenantWave wave)
    {
        var id = $"migrate-tenants:{wave.Name}";
        for (var again = 2; history.IsApplied(id); again++)
            id = string.Create(CultureInfo.InvariantCulture, $"migrate-tenants:{wave.Name}:{again}");
        return id;
    }

    private async Task<(StepOutcome? Failed, string Detail)> MigrateAsync(
        TenantWave wave, ImmutableSortedDictionary<Scope, ImmutableArray<Migration>> pending, ImmutableArray<Scope> later, WaveIdentity identity)
    {
        var scheduler = new WaveScheduler(parallel, scope => engine.ForwardAsync(
            new ScopeWork(scope, run.Hold, StepName.MigrateTenants, identity.Id, identity.Force), pending[scope], run.Cancellation));
        var outcome = await scheduler.RunAsync(wave.Scopes, Ended, run.Cancellation);
        await WarnAsync(outcome);
        foreach (var ended in outcome.Ended)
            await run.RecordAsync(StepName.MigrateTenants, ended);
        if (outcome.Failed.IsEmpty)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            return (null, string.Create(CultureInfo.InvariantCulture, $"{outcome.Ended.Length} {(outcome.Ended.Length == 1 ? "tenant" : "tenants")} of wave {wave.Name}"));
        }

        var (first, others) = new FleetTally(_total, [.. _ended], outcome.Untouched.AddRange(later)).Problems(wave.Name);
        return (new StepOutcome.Failed(first, others), "");
    }

    private void Ended(ScopeOutcome outcome)
    {
        _ended.Enqueue(outcome);
        run.Story.Progress("tenants", _ended.Count, _total, run.Clock.GetElapsedTime(_started));
    }

    /// <summary>One line a warning, however many tenants gave it; kept for the report.</summary>
    private async Task WarnAsync(WaveOutcome outcome)
    {
        var warnings = outcome.Ended.SelectMany(ended => ended.Warnings.Distinct().Select(warning => (ended.Scope, Warning: warning)));
        foreach (var group in warnings.GroupBy(w => w.Warning, w => w.Scope, StringComparer.Ordinal))
        {
            var line = $"{ScopeText.Of([.. group.Order()])}: {group.Key}";
            run.Story.Warning(line);
            await run.RecordAsync(StepName.MigrateTenants, new LedgerFact.Noted("warning", line));
        }
    }
}
