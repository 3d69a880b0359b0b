using System.Collections.Immutable;
using SafeDeploy.Migrations;

namespace SafeDeploy.Risk.Effects;

/// <summary>What a statement was seen to do so far.</summary>
internal sealed class Tally
{
    // Of most statements both sets stay empty.
    private static readonly ImmutableSortedSet<string> None = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    public RelationLocks Locks { get; private init; } = new();

    public RelationLocks IndexLocks { get; private init; } = new();

    public RelationLocks SequenceLocks { get; private init; } = new();

    public List<Act> Acts { get; private init; } = [];

    public ImmutableSortedSet<string> Rewrites { get; set; } = None;

    public ImmutableSortedSet<string> Scans { get; set; } = None;

    public bool BlocksOld { get; set; }

    public bool WorksOnFilled { get; set; }

    public bool IndexBlocks { get; set; }

    public bool IndexBlocksWrites { get; set; }

    public LockLevel Unseen { get; set; }

    public bool Destroys { get; set; }

    public bool? Reversible { get; set; } = true;

    public bool? Compatible { get; set; } = true;

    public Phase? Phase { get; set; }

    public Outcome Outcome { get; set; } = Outcome.Succeeds;

    public Tally Copy() => new()
    {
        Locks = RelationLocks.Of(Locks),
        IndexLocks = RelationLocks.Of(IndexLocks),
        SequenceLocks = RelationLocks.Of(SequenceLocks),
        Acts = [.. Acts],
        Rewrites = Rewrites,
        Scans = Scans,
        BlocksOld = BlocksOld,
        WorksOnFilled = WorksOnFilled,
        IndexBlocks = IndexBlocks,
        IndexBlocksWrites = IndexBlocksWrites,
        Unseen = Unseen,
        Destroys = Destroys,
        Reversible = Reversible,
        Compatible = Compatible,
        Phase = Phase,
        Outcome = Outcome,
    };
}
