using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SafeDeploy.Migrations;

namespace SafeDeploy.Risk.Effects;

/// <summary>What a statement was seen to do so far, its locks apart.</summary>
internal sealed class Tally
{
    // Of most statements both sets stay empty.
    private static readonly ImmutableSortedSet<string> None = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>The last one first: a copy shares what was there before.</summary>
    public ActList? Acts { get; set; }

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
        Acts = Acts,
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

/// <summary>What was done so far; a copy shares it.</summary>
internal sealed class ActList(Act last, ActList? before)
{
    private readonly int _count = (before?._count ?? 0) + 1;
    private readonly Act _last = last;
    private readonly ActList? _before = before;

    public static ImmutableArray<Act> InOrder(ActList? acts)
    {
        var all = new Act[acts?._count ?? 0];
        for (var next = acts; next is not null; next = next._before)
            all[next._count - 1] = next._last;
        return ImmutableCollectionsMarshal.AsImmutableArray(all);
    }
}

/// <summary>A place in the play of a statement that can be returned to once.</summary>
internal sealed record Mark(Tally Sum, int Locks, int IndexLocks, int SequenceLocks)
{
    public Outcome Outcome => Sum.Outcome;
}
