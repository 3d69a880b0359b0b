using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>What the entries of one deployment add up to. Pure: the same entries give the same answers in any process.</summary>
public sealed record LedgerHistory(ImmutableArray<LedgerEntry> Entries)
{
    public static readonly LedgerHistory Empty = new([]);

    public LedgerHistory With(LedgerEntry entry) => new(Entries.Add(entry));

    private IEnumerable<T> Facts<T>() where T : LedgerFact => Entries.Select(e => e.Fact).OfType<T>();

    public LedgerFact.Opened? Opened => Facts<LedgerFact.Opened>().FirstOrDefault();

    public LedgerFact.Planned? Plan => Facts<LedgerFact.Planned>().LastOrDefault();

    public WorldSnapshot? Snapshot => Facts<LedgerFact.SnapshotTaken>().FirstOrDefault()?.World;

    public LedgerFact.RollbackDecided? Decision => Facts<LedgerFact.RollbackDecided>().LastOrDefault();

    public LedgerFact.Concluded? End => Facts<LedgerFact.Concluded>().LastOrDefault();

    public DateTimeOffset? StartedAt => Entries.IsEmpty ? null : Entries[0].At;

    public bool IsCommitted => Facts<LedgerFact.Committed>().Any();

    public bool RollbackIsClaimed => Facts<LedgerFact.RollbackClaimed>().Any();

    public bool IsIntended(string id) => Facts<LedgerFact.Intended>().Any(i => i.Id == id);

    /// <summary>Applied and not undone since by a change that names it (<c>undo:ID</c>).</summary>
    public bool IsApplied(string id) => Facts<LedgerFact.Applied>().Any(a => a.Id == id);

    /// <summary>The step ran to a good end in this deployment, or had nothing to do.</summary>
    public bool IsDone(StepName step) =>
        Facts<LedgerFact.StepFinished>().LastOrDefault(f => f.Step == step) is { Result: "succeeded" or "skipped" };

    /// <summary>Changes in the order they were intended, each with whether it is known to be applied.</summary>
    public IEnumerable<(LedgerFact.Intended Intended, bool Applied)> Changes()
    {
        var applied = Facts<LedgerFact.Applied>().Select(a => a.Id).ToHashSet(StringComparer.Ordinal);
        return Facts<LedgerFact.Intended>().Select(i => (i, applied.Contains(i.Id)));
    }

    /// <summary>The backup set that this deployment took, or null.</summary>
    public string? BackupSet => Changes().Where(c => c.Applied).Select(c => c.Intended.Change).OfType<Change.TakeBackup>().LastOrDefault()?.Set;

    /// <summary>Per scope the versions this deployment moved forward and has not taken back; scopes at their old version are absent.</summary>
    public ImmutableSortedDictionary<Scope, ImmutableArray<MigrationVersion>> MovedScopes()
    {
        var moved = new SortedDictionary<Scope, List<MigrationVersion>>();
        foreach (var fact in Facts<LedgerFact.ScopeMigrated>())
        {
            if (!moved.TryGetValue(fact.Scope, out var versions))
                moved[fact.Scope] = versions = [];
            if (fact.Direction == Direction.Forward)
                versions.Add(fact.Version);
            else
                versions.RemoveAll(v => v == fact.Version);
        }

        return moved.Where(m => m.Value.Count > 0)
            .ToImmutableSortedDictionary(m => m.Key, m => m.Value.ToImmutableArray());
    }

    /// <summary>A request may have reached the new release: traffic was switched to it, or may have been; without a deploy target, it was committed.</summary>
    public bool TrafficMayHaveReachedNew() => IsCommitted ||
        Facts<LedgerFact.Intended>().Any(i => i.Change is Change.SwitchTraffic { ToSlot: var slot } && slot == NewSlot());

    /// <summary>The slot of the release this deployment brought up, or null when it started none.</summary>
    public string? NewSlot() =>
        Facts<LedgerFact.Intended>().Select(i => i.Change).OfType<Change.StartRelease>().FirstOrDefault(IsTheNewRelease)?.Slot;

    /// <summary>The rollback that somebody began here and that did not end well: the next one goes on with it. Null when there is none.</summary>
    /// <remarks>A forbidden one moved nothing that a later decision would not see.</remarks>
    public LedgerFact.RollbackClaimed? UnfinishedRollback()
    {
        var claim = Entries.LastOrDefault(e => e.Fact is LedgerFact.RollbackClaimed);
        var end = Entries.LastOrDefault(e => e.Fact is LedgerFact.Concluded);
        return claim is null || (end?.Sequence > claim.Sequence && end.Fact is LedgerFact.Concluded { Conclusion: Conclusion.RolledBack or Conclusion.Forbidden })
            ? null
            : (LedgerFact.RollbackClaimed)claim.Fact;
    }

    /// <summary>The strongest proof that the previous image works on the schema as it is now, or null.</summary>
    /// <remarks>A proof counts only when nothing moved forward after it.</remarks>
    public LedgerFact.CompatibilityProved? LivingProof()
    {
        var last = Entries.LastOrDefault(e => e.Fact is LedgerFact.ScopeMigrated { Direction: Direction.Forward });
        var proof = Entries.LastOrDefault(e => e.Fact is LedgerFact.CompatibilityProved);
        return proof is not null && (last is null || proof.Sequence > last.Sequence) ? (LedgerFact.CompatibilityProved)proof.Fact : null;
    }

    private bool IsTheNewRelease(Change.StartRelease start) => Opened is { } opened && start.Release.Version == opened.To.Version
        && start.Release.Digest == opened.To.Digest;
}
