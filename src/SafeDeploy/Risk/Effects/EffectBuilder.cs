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
    private Tally _sum = new();

    public SchemaState Schema { get; } = schema;

    /// <summary>How it ends as far as it was played.</summary>
    public Outcome Outcome => _sum.Outcome;

    public Mark Mark() => new(_sum.Copy(), _locks.Mark(), _indexLocks.Mark(), _sequenceLocks.Mark());

    /// <summary>What was collected since is undone, as a block's rollback undoes it: its locks are given back too.</summary>
    public void ReturnTo(Mark mark)
    {
        _sum = mark.Sum.Copy();
        _locks.ReturnTo(mark.Locks);
        _indexLocks.ReturnTo(mark.IndexLocks);
        _sequenceLocks.ReturnTo(mark.SequenceLocks);
    }

    /// <summary>What had been caught is raised again.</summary>
    public void FailAfterAll(Outcome failed) => _sum.Outcome = failed;

    /// <summary>Whatever it depends on, a handler catches it.</summary>
    public void CannotFail() => _sum.Outcome = Outcome.Succeeds;

    /// <summary>For SQL inside SQL: the bodies of routines.</summary>
    public ISqlParser Parser { get; } = parser;

    /// <summary>The statement stands in a PL/pgSQL body, where INTO names a variable.</summary>
    public bool IsInRoutine { get; set; }

    /// <summary>Routines whose bodies are being played: one that calls itself is played once.</summary>
    public HashSet<Routine> Running { get; } = [];

    /// <summary>Relations that this statement drops by name: one of them does not keep another from being dropped.</summary>
    public HashSet<Relation> Falling { get; } = [];

    /// <summary>Relations that are gone already: a text can make circles of what no server would.</summary>
    public HashSet<Relation> Gone { get; } = [];

    /// <summary>False until a part of the statement said what it means for expand and contract.</summary>
    public bool IsJudged => _sum.Phase is not null;

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

    public LockLevel LockOn(Relation table) => _locks.GetValueOrDefault(table.ToString());

    /// <summary>True, and a failure, where a table would inherit from itself.</summary>
    public bool IsCircle(Relation parent, Relation child)
    {
        var isCircle = new AlterTarget(this, child, Only: false).Tree().Contains(parent);
        if (isCircle)
            Fail($"{child} would inherit from itself");
        return isCircle;
    }

    private void NoteBlocking(Relation relation, LockLevel level)
    {
        if (relation.Kind == RelationKind.Index)
        {
            var existed = relation.Of is null || relation.Of.Born != Schema.Statement;
            _sum.IndexBlocks |= existed && level.BlocksReads();
            // A writer takes ROW EXCLUSIVE on every index of its table.
            _sum.IndexBlocksWrites |= existed && level.BlocksWrites();
        }

        var table = relation.Kind == RelationKind.Index ? relation.Of : relation;
        // Nobody waits for a table that the change made itself, filled or not.
        _sum.BlocksOld |= level.BlocksWrites() && relation.Kind != RelationKind.Sequence && table is not { IsNew: true };
    }

    /// <summary>A lock on tables that exist but that nothing seen so far names.</summary>
    /// <param name="works">They are read or rewritten under it.</param>
    public void LockUnseen(LockLevel level, bool works)
    {
        _sum.Unseen = Max(_sum.Unseen, level);
        _sum.BlocksOld |= level.BlocksWrites();
        _sum.WorksOnFilled |= works;
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
        _sum.Rewrites = _sum.Rewrites.Add(table.ToString());
        _sum.WorksOnFilled |= table.HoldsRows;
    }

    public void Scan(Relation table)
    {
        if (!HasFiles(table))
            return;
        _sum.Scans = _sum.Scans.Add(table.ToString());
        _sum.WorksOnFilled |= table.HoldsRows;
    }

    private bool HasFiles(Relation table)
    {
        // Partitions are made by functions and jobs too; an old partitioned table of which none was seen has some.
        _sum.WorksOnFilled |= table is { Kind: RelationKind.PartitionedTable, Children.Count: 0, IsAssumed: false, IsNew: false } && !Schema.IsComplete;
        return table.Kind is not (RelationKind.PartitionedTable or RelationKind.View) && table.Born != Schema.Statement && !table.IsTemporary;
    }

    /// <summary>Rows or values of a table are gone; what an empty new table loses is nothing.</summary>
    public void Destroy(Relation? table)
    {
        if (table is { IsDisposable: true } or { Kind: RelationKind.View })
            return;
        _sum.Destroys = true;
        _sum.Reversible = false;
    }

    /// <summary>Values of no table in sight are gone (a whole schema, a database).</summary>
    public void DestroyUnseen()
    {
        _sum.Destroys = true;
        _sum.Reversible = false;
    }

    public void Irreversible() => _sum.Reversible = false;

    public void MaybeIrreversible() => _sum.Reversible = _sum.Reversible is false ? false : null;

    public void Expand(bool? compatible = true) => Judge(Phase.Expand, compatible);

    public void Migrate(bool? compatible) => Judge(Phase.Migrate, compatible);

    public void Contract(bool? compatible) => Judge(Phase.Contract, compatible);

    public void Unclear()
    {
        Judge(Phase.Unknown, null);
        MaybeIrreversible();
        MayFail();
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
        _sum.Phase = Worse(_sum.Phase, phase);
        _sum.Compatible = Both(_sum.Compatible, compatible);
    }

    /// <summary>Unknown before contract before migrate before expand: the strictest part decides.</summary>
    internal static Phase Worse(Phase? one, Phase other) =>
        one is null ? other : one == Phase.Unknown || other == Phase.Unknown ? Phase.Unknown : (Phase)Math.Max((int)one.Value, (int)other);

    internal static bool? Both(bool? one, bool? other) =>
        one is false || other is false ? false : one is null || other is null ? null : true;

    public void Fail(string because) => Fail(because, FailureKind.Other);

    /// <param name="what">What it would make and what is there already.</param>
    public void FailTaken(string what, FailureKind kind) => Fail($"{what} exists already", kind);

    /// <param name="what">What it needs and what is not there.</param>
    public void FailMissing(string what, FailureKind kind) => Fail($"{what} does not exist", kind);

    /// <summary>A failure that was certain is so no longer.</summary>
    public void Doubt()
    {
        if (Outcome.Fails)
            _sum.Outcome = Outcome.Succeeds with { MayFail = true };
    }

    private void Fail(string because, FailureKind kind)
    {
        if (!Outcome.Fails)
            _sum.Outcome = Outcome with { Because = because, Kind = kind };
    }

    /// <summary>Whether it succeeds depends on rows or objects that are not known here.</summary>
    public void MayFail() => _sum.Outcome = Outcome with { MayFail = true };

    public void Act(ActKind kind, Relation? table, string name = "", string other = "") =>
        Act(kind, table?.Key ?? RelationKey.None, name, other, table is { IsDisposable: true } || IsOnNewColumn(kind, table, name));

    public void Act(ActKind kind, RelationKey key, string name = "", string other = "", bool onNew = false) =>
        _sum.Acts = new ActList(new Act(kind, key, name, other, onNew), _sum.Acts);

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
            FailMissing(name.ToString(), FailureKind.UndefinedTable);
        if (found is { IsAssumed: true })
            MayFail();
        return found;
    }

    public StatementEffect Build(bool? runsInTransaction)
    {
        var fails = Outcome.Fails;
        var phase = _sum.Phase ?? Phase.Unknown;
        return new StatementEffect(
            _locks,
            _indexLocks,
            _sequenceLocks,
            _sum.Rewrites,
            _sum.Scans,
            _sum.IndexBlocks || _sum.Unseen.BlocksReads() || _locks.Strongest.BlocksReads(),
            _sum.IndexBlocksWrites || _sum.Unseen.BlocksWrites() || _locks.Strongest.BlocksWrites(),
            _sum.Destroys && !fails,
            fails ? true : _sum.Reversible,
            runsInTransaction,
            fails ? true : Outcome.MayFail ? null : false,
            Outcome.Because,
            phase,
            phase == Phase.Unknown ? null : _sum.Compatible,
            IsHazard(),
            ActList.InOrder(_sum.Acts))
        {
            UnseenLock = _sum.Unseen,
        };
    }

    // What fails has blocked until then, but destroyed nothing.
    private bool IsHazard() => (_sum.Destroys && !Outcome.Fails) || (_sum.BlocksOld && _sum.WorksOnFilled);

    private static LockLevel Max(LockLevel a, LockLevel b) => a > b ? a : b;
}
