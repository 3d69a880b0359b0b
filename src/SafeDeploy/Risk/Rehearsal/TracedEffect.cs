using System.Collections.Immutable;
using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rehearsal;

/// <summary>What a statement really did on a scratch database.</summary>
/// <param name="Before">Relations that were there before the first file: they count as used and filled.</param>
/// <param name="Error">Why the server refused it; null when it ran.</param>
public sealed record TracedEffect(
    RelationLocks Locks,
    RelationLocks IndexLocks,
    RelationLocks SequenceLocks,
    ImmutableSortedSet<string> Rewrites,
    ImmutableSortedSet<string> Scans,
    ImmutableHashSet<string> Before,
    string? Error)
{
    /// <summary>The effect with what was seen in the place of what was predicted; what no scratch database shows stays predicted.</summary>
    public StatementEffect Over(StatementEffect predicted)
    {
        if (Error is not null)
            return predicted with { Fails = true, FailsBecause = Error, DestroysData = false };
        var works = Rewrites.Concat(Scans).Any(Before.Contains);
        var blocks = Locks.Any(l => l.Value.BlocksWrites() && Before.Contains(l.Key)) || IndexLocks.Any(l => l.Value.BlocksWrites() && Before.Contains(l.Key));
        return predicted with
        {
            Locks = Locks,
            IndexLocks = IndexLocks,
            SequenceLocks = SequenceLocks,
            Rewrites = Rewrites,
            Scans = Scans,
            BlocksReads = Locks.Strongest.BlocksReads() || IndexLocks.Strongest.BlocksReads(),
            BlocksWrites = Locks.Strongest.BlocksWrites() || IndexLocks.Strongest.BlocksWrites(),
            // That the data of production lets it pass was not seen.
            Fails = predicted.Fails is true ? false : predicted.Fails,
            FailsBecause = "",
            Hazard = predicted.DestroysData || (works && blocks),
            UnseenLock = LockLevel.None,
        };
    }
}
