using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;

namespace SafeDeploy.Reporting;

/// <summary>Ledger entries → <see cref="DeploymentReport"/>. Pure.</summary>
public static class DeploymentReportReader
{
    public static DeploymentReport Read(DeploymentId id, LedgerHistory history)
    {
        var start = history.StartedAt ?? default;
        var outcome = RunReport.Of(id, history);
        DateTimeOffset? end = history.End is not null && !history.Entries.IsEmpty ? history.Entries[^1].At : null;
        var last = history.Entries.IsEmpty ? start : history.Entries[^1].At;
        return new DeploymentReport(
            DeploymentReport.CurrentFormat, outcome, history.Opened?.Run, end, Offset(start, last),
            SpansOf(history, start), TimelineOf(history), TenantsOf(history, start), LocksOf(history),
            LatencyOf(history, start), GatesOf(history), EvidenceOf(history));
    }

    /// <summary>What happened when, in order; one line each. Empty without entries.</summary>
    public static ImmutableArray<TimelineEntry> TimelineOf(LedgerHistory history) => [.. TimelineReader.Read(history)];

    internal static long Offset(DateTimeOffset start, DateTimeOffset at) => Math.Max(0, (long)(at - start).TotalMilliseconds);

    private static IEnumerable<(LedgerEntry Entry, T Fact)> Of<T>(LedgerHistory history) where T : LedgerFact =>
        history.Entries.Where(e => e.Fact is T).Select(e => (e, (T)e.Fact));

    private static ImmutableArray<StepSpan> SpansOf(LedgerHistory history, DateTimeOffset start)
    {
        var spans = ImmutableArray.CreateBuilder<StepSpan>();
        var begun = new Dictionary<StepName, DateTimeOffset>();
        foreach (var entry in history.Entries)
        {
            if (entry.Fact is LedgerFact.StepStarted started)
                begun[started.Step] = entry.At;
            else if (entry.Fact is LedgerFact.StepFinished finished)
            {
                var from = begun.Remove(finished.Step, out var at) ? at : entry.At.AddMilliseconds(-finished.DurationMs);
                spans.Add(new StepSpan(finished.Step, Offset(start, from), finished.DurationMs, finished.Result, finished.Summary));
            }
            else if (entry.Fact is LedgerFact.RollbackClaimed)
                begun[StepName.Rollback] = entry.At;
            else if (entry.Fact is LedgerFact.Concluded concluded && begun.Remove(StepName.Rollback, out var claimed))
                spans.Add(new StepSpan(StepName.Rollback, Offset(start, claimed), Offset(claimed, entry.At), Ended(concluded.Conclusion), history.Decision?.Decision ?? ""));
        }

        var last = history.Entries.IsEmpty ? start : history.Entries[^1].At;
        spans.AddRange(begun.Select(b => new StepSpan(b.Key, Offset(start, b.Value), Offset(b.Value, last), "open", "")));
        return [.. spans.OrderBy(s => s.StartMs)];
    }

    private static string Ended(Conclusion conclusion) => conclusion == Conclusion.RolledBack ? "succeeded" : "failed";

    private static ImmutableArray<TenantReport> TenantsOf(LedgerHistory history, DateTimeOffset start)
    {
        var moves = Of<LedgerFact.ScopeMigrated>(history).ToLookup(m => m.Fact.Scope.Schema, StringComparer.Ordinal);
        var failures = Of<LedgerFact.ScopeFailed>(history).ToLookup(f => f.Fact.Scope.Schema, StringComparer.Ordinal);
        var planned = (history.Plan?.Tenants.Keys ?? []).Concat(history.Plan is { Public.IsEmpty: false } ? ["public"] : Array.Empty<string>());
        return
        [
            .. moves.Select(m => m.Key).Concat(failures.Select(f => f.Key)).Concat(planned).Distinct(StringComparer.Ordinal)
                .Select(schema => TenantOf(schema, [.. moves[schema]], failures[schema].LastOrDefault(), start))
                .OrderBy(t => t.State switch { "failed" => 0, "untouched" => 1, _ => 2 })
                .ThenBy(t => t.Schema != "public").ThenBy(t => t.Schema, StringComparer.Ordinal),
        ];
    }

    private static TenantReport TenantOf(
        string schema, ImmutableArray<(LedgerEntry Entry, LedgerFact.ScopeMigrated Fact)> facts, (LedgerEntry? Entry, LedgerFact.ScopeFailed? Fact) failed, DateTimeOffset start)
    {
        var standing = facts.GroupBy(f => f.Fact.Version).Any(v => v.Last().Fact.Direction == Direction.Forward);
        // A scope that failed and was moved forward later, by a resumed run, failed no more.
        var failure = facts.Any(f => f.Fact.Direction == Direction.Forward && f.Entry.Sequence > failed.Entry?.Sequence) ? null : failed.Fact;
        var state = failure is not null ? "failed" : facts.IsEmpty ? "untouched" : standing ? "forward" : "back";
        return new TenantReport(
            schema, state, failure is not null ? $"{failure.Code} {failure.What}" : "",
            facts.Sum(f => f.Fact.DurationMs), Math.Max(failure?.Attempts ?? 0, facts.Select(f => f.Fact.Attempts).DefaultIfEmpty(0).Max()),
            [.. facts.Select(f => new MoveReport(f.Fact.Version, f.Fact.Direction, Math.Max(0, Offset(start, f.Entry.At) - f.Fact.DurationMs), f.Fact.DurationMs, f.Fact.Attempts))]);
    }

    private static ImmutableArray<LockReport> LocksOf(LedgerHistory history) =>
    [
        .. Of<LedgerFact.LockWaited>(history).Select(w => w.Fact)
            .GroupBy(w => (w.Scope.Schema, w.Version, w.Lock))
            .Select(g => new LockReport(g.Key.Schema, g.Key.Version, g.Key.Lock, g.Select(w => w.HeldBy).LastOrDefault(who => who.Length > 0) ?? "", g.Sum(w => w.WaitedMs), g.Count()))
            .OrderByDescending(l => l.WaitedMs).ThenBy(l => l.Schema, StringComparer.Ordinal),
    ];

    private static LatencyReport? LatencyOf(LedgerHistory history, DateTimeOffset start)
    {
        var baseline = history.Snapshot?.Baseline;
        var after = Of<LedgerFact.GateRead>(history)
            .Where(g => g.Fact.P95Ms is not null)
            .Select(g => new LatencyReading(Offset(start, g.Entry.At), g.Fact.Gate, g.Fact.Subject, g.Fact.P95Ms!.Value, g.Fact.ErrorShare ?? 0))
            .ToImmutableArray();
        return baseline is null && after.IsEmpty ? null : new LatencyReport(baseline?.P95Ms, baseline?.ErrorShare, baseline?.Samples ?? 0, after);
    }

    private static ImmutableArray<GateReport> GatesOf(LedgerHistory history) =>
    [
        .. Of<LedgerFact.GateRead>(history).Select(g => g.Fact)
            .GroupBy(g => (g.Gate, g.Subject))
            .Select(g => new GateReport(g.Key.Gate, g.Key.Subject, g.Last().Verdict, g.Last().Measured, g.Last().Threshold, g.Last().Detail, g.Count()))
            .OrderBy(g => g.Verdict switch { "fail" => 0, "inconclusive" => 1, _ => 2 }),
    ];

    /// <summary>What was known when it was decided; nothing is read again.</summary>
    private static ImmutableArray<string> EvidenceOf(LedgerHistory history)
    {
        if (history.Decision is null)
            return [];
        var evidence = ImmutableArray.CreateBuilder<string>();
        if (Of<LedgerFact.RollbackClaimed>(history).Select(c => c.Fact).LastOrDefault() is { } claim)
            evidence.Add($"{(claim.Manual ? "asked for by" : "begun automatically by")} {claim.By}{(claim.Reason.Length == 0 ? "" : $": {claim.Reason}")}");
        var forward = Of<LedgerFact.ScopeMigrated>(history).Where(m => m.Fact.Direction == Direction.Forward).Select(m => m.Fact.Scope).Distinct().Count();
        var planned = history.Plan is { } plan ? plan.Tenants.Count + (plan.Public.IsEmpty ? 0 : 1) : 0;
        evidence.Add(string.Create(CultureInfo.InvariantCulture, $"{forward} of {planned} planned schemas had moved forward"));
        evidence.AddRange((history.Plan?.Migrations ?? []).Select(m =>
            $"{m.Version} {m.Name}: {(m.FitsPreviousImage switch { true => "an expand, the previous image does not notice it", false => "breaks the previous image", null => "unknown to the previous image" })}{(m.DestroysData ? "; destroys data" : "")}{(m.Because.Length == 0 ? "" : $" ({m.Because})")}"));
        if (history.LivingProof() is { } proof)
            evidence.Add($"the gates passed against the previous image after {proof.After}");
        evidence.Add(history.TrafficMayHaveReachedNew() ? "requests may have reached the new release" : "no request reached the new release");
        return evidence.ToImmutable();
    }
}
