using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Collects the effects of one statement while its family plays it against the schema.</summary>
internal sealed class EffectBuilder(SchemaState schema, ISqlParser parser)
{
    private readonly RelationLocks _locks = new();
    private readonly RelationLocks _indexLocks = new();
    private readonly RelationLocks _sequenceLocks = new();
    // Of most statements both stay empty.
    private ImmutableSortedSet<string> _rewrites = None;
    private ImmutableSortedSet<string> _scans = None;
    private static readonly ImmutableSortedSet<string> None = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    private readonly List<Act> _acts = [];
    private bool _blocksOld;
    private bool _worksOnFilled;
    private bool _indexBlocks;
    private bool _indexBlocksWrites;
    private LockLevel _unseen;
    private bool _destroys;
    private bool? _reversible = true;
    private bool? _compatible = true;
    private Phase? _phase;
    private string _fails = "";
    private bool _mayFail;

    public SchemaState Schema { get; } = schema;

    /// <summary>For SQL inside SQL: the bodies of routines.</summary>
    public ISqlParser Parser { get; } = parser;

    /// <summary>The statement stands in a PL/pgSQL body, where INTO names a variable.</summary>
    public bool IsInRoutine { get; set; }

    /// <summary>Routines whose bodies are being played: one that calls itself is played once.</summary>
    public HashSet<Routine> Running { get; } = [];

    /// <summary>False until a part of the statement said what it means for expand and contract.</summary>
    public bool IsJudged => _phase is not null;

    public void Lock(Relation? relation, LockLevel level)
    {
        // A temporary table is seen by its own session alone.
        if (relation is null || relation.Born == Schema.Statement || relation.IsTemporary)
            return;
        var into = relation.Kind switch
        {
            RelationKind.Index => _indexLocks,
            RelationKind.Sequence => _sequenceLocks,
            _ => _locks,
        };
        if (relation.Kind != RelationKind.CompositeType || level > LockLevel.AccessShare)
            into.Raise(relation.ToString(), level);
        NoteBlocking(relation, level);
    }

    private void NoteBlocking(Relation relation, LockLevel level)
    {
        if (relation.Kind == RelationKind.Index)
        {
            var existed = relation.Of is null || relation.Of.Born != Schema.Statement;
            _indexBlocks |= existed && level.BlocksReads();
            // A writer takes ROW EXCLUSIVE on every index of its table.
            _indexBlocksWrites |= existed && level.BlocksWrites();
        }

        var table = relation.Kind == RelationKind.Index ? relation.Of : relation;
        // Nobody waits for a table that the change made itself, filled or not.
        _blocksOld |= level.BlocksWrites() && relation.Kind != RelationKind.Sequence && table is not { IsNew: true };
    }

    /// <summary>A lock on tables that exist but that nothing seen so far names.</summary>
    /// <param name="works">They are read or rewritten under it.</param>
    public void LockUnseen(LockLevel level, bool works)
    {
        _unseen = Max(_unseen, level);
        _blocksOld |= level.BlocksWrites();
        _worksOnFilled |= works;
    }

    public void LockIndexes(Relation? table, LockLevel level)
    {
        foreach (var index in table?.Indexes ?? [])
            Lock(index, level);
    }

    /// <summary>All rows are read and written to new files.</summary>
    public void Rewrite(Relation table)
    {
        NewFiles(table);
        Scan(table);
        if (table.Kind != RelationKind.PartitionedTable)
            LockIndexes(table, LockLevel.AccessExclusive);
    }

    /// <summary>New files without reading the rows one by one.</summary>
    public void NewFiles(Relation table)
    {
        if (!HasFiles(table))
            return;
        _rewrites = _rewrites.Add(table.ToString());
        _worksOnFilled |= table.HoldsRows;
    }

    public void Scan(Relation table)
    {
        if (!HasFiles(table))
            return;
        _scans = _scans.Add(table.ToString());
        _worksOnFilled |= table.HoldsRows;
    }

    private bool HasFiles(Relation table)
    {
        // Partitions are made by functions and jobs too; an old partitioned table of which none was seen has some.
        _worksOnFilled |= table is { Kind: RelationKind.PartitionedTable, Children.Count: 0, IsAssumed: false, IsNew: false } && !Schema.IsComplete;
        return table.Kind is not (RelationKind.PartitionedTable or RelationKind.View) && table.Born != Schema.Statement && !table.IsTemporary;
    }

    /// <summary>Rows or values of a table are gone; what an empty new table loses is nothing.</summary>
    public void Destroy(Relation? table)
    {
        if (table is { IsDisposable: true } or { Kind: RelationKind.View })
            return;
        _destroys = true;
        _reversible = false;
    }

    /// <summary>Values of no table in sight are gone (a whole schema, a database).</summary>
    public void DestroyUnseen()
    {
        _destroys = true;
        _reversible = false;
    }

    public void Irreversible() => _reversible = false;

    public void MaybeIrreversible() => _reversible = _reversible is false ? false : null;

    public void Expand(bool? compatible = true) => Judge(Phase.Expand, compatible);

    public void Migrate(bool? compatible) => Judge(Phase.Migrate, compatible);

    public void Contract(bool? compatible) => Judge(Phase.Contract, compatible);

    public void Unclear()
    {
        Judge(Phase.Unknown, null);
        MaybeIrreversible();
        _mayFail = true;
    }

    /// <summary>Nothing that the serving image knows is touched: an expand whatever the statement is.</summary>
    public void JudgeFor(Relation? table, Action otherwise)
    {
        if (table is { IsNew: true })
            Expand();
        else
            otherwise();
    }

    private void Judge(Phase phase, bool? compatible)
    {
        _phase = Worse(_phase, phase);
        _compatible = Both(_compatible, compatible);
    }

    /// <summary>Unknown before contract before migrate before expand: the strictest part decides.</summary>
    internal static Phase Worse(Phase? one, Phase other) =>
        one is null ? other : one == Phase.Unknown || other == Phase.Unknown ? Phase.Unknown : (Phase)Math.Max((int)one.Value, (int)other);

    internal static bool? Both(bool? one, bool? other) =>
        one is false || other is false ? false : one is null || other is null ? null : true;

    public void Fail(string because)
    {
        if (_fails.Length == 0)
            _fails = because;
    }

    /// <summary>Whether it succeeds depends on rows or objects that are not known here.</summary>
    public void MayFail() => _mayFail = true;

    public void Act(ActKind kind, Relation? table, string name = "", string other = "") =>
        _acts.Add(new Act(kind, table?.Key ?? RelationKey.None, name, other, table is { IsDisposable: true } || IsOnNewColumn(kind, table, name)));

    public void Act(ActKind kind, RelationKey key, string name = "", string other = "", bool onNew = false) =>
        _acts.Add(new Act(kind, key, name, other, onNew));

    // What matters only to code that knows the column.
    private static bool IsOnNewColumn(ActKind kind, Relation? table, string column) =>
        kind is ActKind.RenamesColumn or ActKind.DropsNotNull or ActKind.DropsDefault or ActKind.DropsIdentity or ActKind.DropsColumn
            or ActKind.ChangesTypeLossy or ActKind.OverwritesByUsing
        && table?.Column(column) is { IsNew: true };

    /// <summary>A relation that the statement needs; says that it fails when it is known not to exist.</summary>
    public Relation? Need(SqlNode? rangeVar, RelationKind kind = RelationKind.Table, bool missingOk = false)
    {
        if (RelationName.Of(rangeVar) is not { } name)
            return null;
        return Need(name, kind, missingOk);
    }

    public Relation? Need(RelationName name, RelationKind kind = RelationKind.Table, bool missingOk = false)
    {
        var found = Schema.FindOrAssume(name, kind);
        if (found is null && !missingOk && !SchemaState.IsCatalogue(name))
            Fail($"{name} does not exist");
        if (found is { IsAssumed: true })
            MayFail();
        return found;
    }

    public StatementEffect Build(bool? runsInTransaction)
    {
        var fails = _fails.Length > 0;
        var phase = _phase ?? Phase.Unknown;
        return new StatementEffect(
            _locks,
            _indexLocks,
            _sequenceLocks,
            _rewrites,
            _scans,
            _indexBlocks || _unseen.BlocksReads() || _locks.Strongest.BlocksReads(),
            _indexBlocksWrites || _unseen.BlocksWrites() || _locks.Strongest.BlocksWrites(),
            _destroys && !fails,
            fails ? true : _reversible,
            runsInTransaction,
            Fails(),
            _fails,
            phase,
            phase == Phase.Unknown ? null : _compatible,
            IsHazard(),
            [.. _acts])
        {
            UnseenLock = _unseen,
        };
    }

    private bool? Fails() => _fails.Length > 0 ? true : _mayFail ? null : false;

    // What fails has blocked until then, but destroyed nothing.
    private bool IsHazard() => (_destroys && _fails.Length == 0) || (_blocksOld && _worksOnFilled);

    private static LockLevel Max(LockLevel a, LockLevel b) => a > b ? a : b;
}
