using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>Several deployments read as one, from the release they lead back to up to what serves now. Pure.</summary>
public static class ComposedHistory
{
    /// <param name="target">The release that is to serve again.</param>
    /// <param name="since">Every deployment opened after the target's, the oldest first; the last is the one that the rollback is recorded in.</param>
    /// <param name="live">Null when the configuration deploys no image.</param>
    /// <returns>Null when no deployment saw the target serve: how it ran is then unknown.</returns>
    public static LedgerHistory? Of(Release target, ImmutableArray<LedgerHistory> since, TargetState? live)
    {
        var ran = since.Select(h => h.Snapshot).FirstOrDefault(s => s?.Serving is { } serving && Is(serving, target));
        if (live is not null && ran is null)
            return null;
        var moves = since.SelectMany(Moves).ToImmutableArray();
        var last = since[^1];
        var replaced = live is null ? null : Replaced(target, live);
        var opened = last.Opened!;
        var to = replaced is null ? opened.To : new Release(replaced.Version, replaced.Image, replaced.Digest, opened.To.Migrations, null);
        IEnumerable<LedgerFact> facts =
        [
            opened with { From = target, To = to },
            new LedgerFact.SnapshotTaken(Snapshot(since, ran, target, live)),
            Plan(since, new LedgerHistory(moves).MovedScopes()),
            .. since.SelectMany(h => Facts(h, target)),
            .. replaced is null ? [] : Traffic(replaced, to, ran?.Serving, since),
            new LedgerFact.Committed(""),
        ];
        return new LedgerHistory([.. facts.Select((fact, i) => new LedgerEntry(i + 1, last.Entries[0].Deployment, last.Entries[^1].Epoch, since[0].StartedAt!.Value, null, fact))]);
    }

    private static bool Is(ServingRelease serving, Release release) => serving.Version == release.Version && serving.Digest == release.Digest;

    private static IEnumerable<LedgerEntry> Moves(LedgerHistory history) => history.Entries.Where(e => e.Fact is LedgerFact.ScopeMigrated);

    /// <summary>What moved; and proofs, where the image they speak of is the target's.</summary>
    private static IEnumerable<LedgerFact> Facts(LedgerHistory history, Release target)
    {
        var provesTarget = history.Snapshot?.Serving is { } serving && Is(serving, target);
        return history.Entries.Select(e => e.Fact).Where(f => f is LedgerFact.ScopeMigrated || (provesTarget && f is LedgerFact.CompatibilityProved));
    }

    /// <summary>The release that has to make room: what serves, or, where the target serves already, what runs beside it.</summary>
    private static SlotState? Replaced(Release target, TargetState live)
    {
        var serving = live.Slot(live.Serving);
        return serving is not null && !Is(serving.AsServing(), target)
            ? serving
            : live.Slots.FirstOrDefault(s => s.Slot != live.Serving && s.Running > 0 && !Is(s.AsServing(), target));
    }

    /// <summary>How the target ran, in a slot that is free now: its own may belong to what serves.</summary>
    private static WorldSnapshot Snapshot(ImmutableArray<LedgerHistory> since, WorldSnapshot? ran, Release target, TargetState? live)
    {
        var fingerprints = ImmutableSortedDictionary<string, string>.Empty.ToBuilder();
        foreach (var (scope, hash) in since.SelectMany(h => h.Snapshot?.Fingerprints ?? ImmutableSortedDictionary<string, string>.Empty))
            fingerprints.TryAdd(scope, hash);
        var before = ran ?? since.Select(h => h.Snapshot).FirstOrDefault(s => s is not null);
        var serving = live is null ? null : ran?.Serving;
        return new WorldSnapshot(
            serving is null ? null : serving with { Slot = SlotFor(serving, target, live!) },
            fingerprints.ToImmutable(), before?.Baseline, before?.RowSecurity);
    }

    private static string SlotFor(ServingRelease then, Release target, TargetState live) => live.Slot(live.Serving) switch
    {
        { } now when Is(now.AsServing(), target) => now.Slot,
        { } now when now.Slot == then.Slot => live.FreeSlot,
        _ => then.Slot,
    };

    /// <summary>What stands of all of them, and what the last one, where it is not settled, still wanted.</summary>
    private static LedgerFact.Planned Plan(ImmutableArray<LedgerHistory> since, ImmutableSortedDictionary<Scope, ImmutableArray<MigrationVersion>> moved)
    {
        var settled = since[^1].End is { Conclusion: Conclusion.RolledBack or Conclusion.Refused };
        var open = settled ? null : since[^1].Plan;
        ImmutableArray<MigrationVersion> Wanted(Scope scope, ImmutableArray<MigrationVersion> planned) =>
            [.. moved.GetValueOrDefault(scope, []).Union(planned)];
        var tenants = moved.Keys.Where(s => s is Scope.Tenant).Select(s => s.Schema).Union(open?.Tenants.Keys ?? []);
        return new LedgerFact.Planned(
            Wanted(new Scope.Public(), open?.Public ?? []),
            tenants.ToImmutableSortedDictionary(t => t, t => Wanted(Scope.Parse(t), open?.Tenants.GetValueOrDefault(t, []) ?? [])),
            [.. since.SelectMany(h => h.Plan?.Migrations ?? []).GroupBy(m => (m.Kind, m.Version)).Select(Worst)],
            HoldsTraffic: false,
            since[^1].Plan?.Steps ?? []);
    }

    /// <summary>A migration that two deployments planned was perhaps judged against two schemas.</summary>
    private static PlannedMigration Worst(IGrouping<(ScopeKind, MigrationVersion), PlannedMigration> judged) => judged
        // A contract suits the release that served then; one further back still used what was removed.
        .Select(m => m is { Phase: Phase.Contract, FitsPreviousImage: true } ? m with { FitsPreviousImage = false } : m)
        .OrderByDescending(m => m.DestroysData)
        .ThenBy(m => m.FitsPreviousImage switch { false => 0, null => 1, true => 2 })
        .First();

    /// <summary>As a single deployment would have recorded that it brought in what serves: the decision asks for its slot, its workers and whether requests came.</summary>
    private static IEnumerable<LedgerFact> Traffic(SlotState replaced, Release to, ServingRelease? then, ImmutableArray<LedgerHistory> since)
    {
        yield return Intended(new Change.StartRelease(to, replaced.Slot, replaced.Spec));
        var hadWorkers = replaced.Workers > 0
            || since.SelectMany(h => h.Changes()).Any(c => c.Intended.Change is Change.StartWorkers or Change.StopWorkers);
        if (hadWorkers && then is not null)
        {
            var free = replaced.Slot == then.Slot ? (then.Slot == "blue" ? "green" : "blue") : then.Slot;
            yield return Intended(new Change.StopWorkers(free));
            yield return Intended(new Change.StartWorkers(replaced.Slot));
        }

        yield return Intended(new Change.SwitchTraffic(null, replaced.Slot));
    }

    private static LedgerFact.Intended Intended(Change change) => new($"composed:{change.GetType().Name}", change, new Undo.Nothing());
}
