using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>INSERT, UPDATE, DELETE, MERGE, SELECT, COPY and TRUNCATE, also inside WITH.</summary>
internal static class DataEffects
{
    public static void Run(EffectBuilder effects, SqlNode statement)
    {
        foreach (var part in statement.DescendantsAndSelf())
            Change(effects, part);
        QueryEffects.Read(effects, statement, scan: true);
        Lock(effects, statement);
        var isKnown = RoutineCalls.Play(effects, statement);
        effects.Lock(SequenceEffects.Called(effects, statement), LockLevel.RowExclusive);
        if (!effects.IsInRoutine && statement.Is("SelectStmt") && statement.Node("intoClause") is { } into && RelationName.Of(into.Node("rel")) is { } name)
        {
            var made = effects.Schema.Make(effects.Schema.KeyOf(name), RelationKind.Table);
            made.IsFilled = true;
            TableDefinition.AddOutput(made, QueryOutput.Of([], statement, effects.Schema));
        }

        // What a called function does, the text of the call does not say.
        if (!isKnown && !effects.IsJudged)
            effects.Unclear();
        else if (!effects.IsJudged)
            effects.Expand();
    }

    /// <summary>A built-in function that changes no table.</summary>
    internal static bool IsKnown(SqlNode call) => call.Names("funcname") is var names
        && (names.Count == 1 || names[0] == "pg_catalog")
        && (BuiltInRoutines.IsStable(names[^1]) || names[^1] is "set_config" or "setval" or "nextval" or "pg_sleep" or "count" or "max" or "min" or "sum"
            or "random" or "gen_random_uuid" or "clock_timestamp" or "pg_notify" or "pg_advisory_xact_lock" or "array_agg" or "string_agg" or "bool_or" or "bool_and");

    private static void Lock(EffectBuilder effects, SqlNode statement)
    {
        if (!statement.HoldsKind("LockingClause"))
            return;
        var named = statement.DescendantsAndSelf("LockingClause").SelectMany(l => l.List("lockedRels")).Select(r => r.Text("relname")).ToHashSet();
        foreach (var (range, relation) in QueryEffects.Ranges(effects, statement).ToArray())
        {
            if (named.Count > 0 && !named.Contains(range.Node("alias")?.Text("aliasname") ?? range.Text("relname")))
                continue;
            foreach (var locked in new AlterTarget(effects, relation, Only: !range.Flag("inh")).Tree().Concat(MaintenanceEffects.Behind(relation)))
            {
                effects.Lock(locked, LockLevel.RowShare);
                if (locked.Kind != RelationKind.PartitionedTable)
                    effects.LockIndexes(locked, LockLevel.RowShare);
            }
        }
    }

    /// <summary>PREPARE locks what it names while it is read; a cursor is planned, its rows come later.</summary>
    public static void Prepare(EffectBuilder effects, SqlNode statement)
    {
        var isCursor = statement.Is("DeclareCursorStmt");
        if (statement.Node("query") is { } query && isCursor)
            QueryEffects.Plan(effects, query);
        else
            QueryEffects.Read(effects, statement.Node("query"), scan: false);
        effects.Expand();
    }

    public static void Call(EffectBuilder effects, SqlNode statement)
    {
        if (!RoutineCalls.Play(effects, statement))
            effects.Unclear();
    }

    private static void Change(EffectBuilder effects, SqlNode statement)
    {
        if (statement.Kind is not ("InsertStmt" or "UpdateStmt" or "DeleteStmt" or "MergeStmt") || effects.Need(statement.Node("relation")) is not { } table)
            return;
        LockWritten(effects, statement, table);
        switch (statement.Kind)
        {
            case "InsertStmt":
                Insert(effects, statement, table);
                break;
            case "UpdateStmt":
                Update(effects, statement, table);
                break;
            case "DeleteStmt":
                Delete(effects, statement, table);
                break;
            default:
                Merge(effects, statement, table);
                break;
        }
    }

    private static void LockWritten(EffectBuilder effects, SqlNode statement, Relation table)
    {
        // A view that can be written passes the write on, and what its table refuses comes back.
        if (table.Kind == RelationKind.View)
            effects.MayFail();
        var inferred = statement.Node("onConflictClause")?.Node("infer");
        // An INSERT gives its locks on indexes back at once, unless ON CONFLICT had one looked up.
        var keepsIndexes = !statement.Is("InsertStmt") || inferred?.Has("indexElems") == true;
        foreach (var target in table.Kind == RelationKind.View ? [table, .. table.Reads.Keys] : Tree(effects, table, statement))
        {
            effects.Lock(target, LockLevel.RowExclusive);
            if (keepsIndexes && target.Kind != RelationKind.PartitionedTable)
                effects.LockIndexes(target, LockLevel.RowExclusive);
        }

        if (inferred?.Text("conname") is { } arbiter)
            effects.Lock(table.Constraint(arbiter)?.Index, LockLevel.RowExclusive);
    }

    private static IReadOnlyList<Relation> Tree(EffectBuilder effects, Relation table, SqlNode statement) =>
        new AlterTarget(effects, table, statement.Is("InsertStmt") || !(statement.Node("relation")?.Flag("inh") ?? true)).Tree();

    private static void Insert(EffectBuilder effects, SqlNode statement, Relation table)
    {
        var columns = statement.List("cols").Select(c => c.Text("name") ?? "").ToArray();
        LockReferenced(effects, table, columns);
        LockSequences(effects, table, columns);
        effects.MayFail();
        if (statement.Node("onConflictClause") is { } conflict && conflict.Text("action") == "ONCONFLICT_UPDATE")
        {
            effects.Act(ActKind.Upserts, table);
            Destroy(effects, table);
        }
        else
            effects.Act(ActKind.InsertsRows, table);
        effects.JudgeFor(table, () => effects.Migrate(null));
        table.IsFilled = true;
    }

    // Each row's foreign keys are looked up, FOR KEY SHARE.
    private static void LockReferenced(EffectBuilder effects, Relation table, string[] columns)
    {
        // A column that is left out is NULL and refers to nothing.
        var keys = table.Constraints.Where(c => columns.Length == 0 || c.Columns.TrueForAll(k => columns.Contains(k) || table.Column(k) is { HasDefault: true }));
        foreach (var target in keys.Select(c => c.Target).OfType<Relation>().Where(t => t != table))
        {
            effects.Lock(target, LockLevel.RowShare);
            effects.LockIndexes(target, LockLevel.RowShare);
        }
    }

    private static void LockSequences(EffectBuilder effects, Relation table, string[] columns)
    {
        foreach (var sequence in table.Columns.Where(c => columns.Length > 0 && !columns.Contains(c.Name)).Select(c => c.Sequence))
            effects.Lock(sequence, LockLevel.RowExclusive);
    }

    private static void Update(EffectBuilder effects, SqlNode statement, Relation table)
    {
        ScanFor(effects, statement, table);
        var columns = statement.List("targetList").Select(t => t.Text("name") ?? "").ToArray();
        if (columns.All(c => FillsOnly(statement, table, c)))
        {
            effects.Act(ActKind.FillsNulls, table, string.Join(", ", columns));
            effects.JudgeFor(columns.All(c => table.Column(c) is { IsNew: true }) ? new Relation(table.Key, table.Kind) { IsNew = true } : table, () => effects.Migrate(null));
            return;
        }

        // New values may break a check or a key, or leave a reference behind.
        effects.MayFail();
        effects.Act(Expressions.IsAlwaysTrue(statement.Node("whereClause")) ? ActKind.UpdatesAll : ActKind.UpdatesSome, table, string.Join(", ", columns));
        Destroy(effects, table);
        effects.JudgeFor(table, () => effects.Migrate(null));
        // A key that is referred to: the other table is asked, or changed along.
        foreach (var (referencing, key) in effects.Schema.KeysTo(table).Where(k => k.Table != table && ColumnTypeEffects.PointsAtAny(k.Key, table, columns)).ToArray())
        {
            effects.Lock(referencing, key.UpdatesAlong ? LockLevel.RowExclusive : LockLevel.RowShare);
            effects.LockIndexes(referencing, key.UpdatesAlong ? LockLevel.RowExclusive : LockLevel.RowShare);
            if (key.UpdatesAlong)
                effects.Destroy(referencing);
        }
    }

    // Through a view, the rows of its table.
    private static void Destroy(EffectBuilder effects, Relation table)
    {
        foreach (var target in table.Kind == RelationKind.View ? [.. table.Reads.Keys] : new[] { table })
            effects.Destroy(target);
    }

    private static void ScanFor(EffectBuilder effects, SqlNode statement, Relation table)
    {
        foreach (var relation in Tree(effects, table, statement).Where(r => !QueryEffects.LooksUp(statement.Node("whereClause"), r)))
            effects.Scan(relation);
    }

    /// <summary>The column was NULL in every row that is changed: WHERE says so, or the same change made it.</summary>
    private static bool FillsOnly(SqlNode statement, Relation table, string column) =>
        table.Column(column) is { IsNew: true, HasDefault: false } || ProvesNull(statement.Node("whereClause"), column);

    private static bool ProvesNull(SqlNode? condition, string column)
    {
        if (condition is not { } node)
            return false;
        if (node.Is("NullTest"))
            return node.Text("nulltesttype") == "IS_NULL" && Expressions.OnlyColumn(node.Node("arg")) == column;
        return node.Is("BoolExpr") && node.Text("boolop") == "AND_EXPR"
            && node.List("args").Any(a => a.Is("NullTest") && ProvesNull(a, column));
    }

    private static void Delete(EffectBuilder effects, SqlNode statement, Relation table)
    {
        ScanFor(effects, statement, table);
        effects.Act(Expressions.IsAlwaysTrue(statement.Node("whereClause")) ? ActKind.DeletesAll : ActKind.DeletesSome, table);
        Destroy(effects, table);
        effects.JudgeFor(table, () => effects.Migrate(null));
        foreach (var (referencing, key) in effects.Schema.KeysTo(table).Where(k => k.Table != table).ToArray())
        {
            effects.Lock(referencing, key.DeletesAlong ? LockLevel.RowExclusive : LockLevel.RowShare);
            effects.LockIndexes(referencing, key.DeletesAlong ? LockLevel.RowExclusive : LockLevel.RowShare);
            effects.MayFail();
            if (!key.DeletesAlong)
                continue;
            effects.Act(ActKind.DeletionReaches, table, key.Name, referencing.ToString());
            effects.Destroy(referencing);
        }
    }

    private static void Merge(EffectBuilder effects, SqlNode statement, Relation table)
    {
        effects.Scan(table);
        LockReferenced(effects, table, []);
        var overwrites = statement.List("mergeWhenClauses").Any(w => w.Text("commandType") is "CMD_UPDATE" or "CMD_DELETE");
        effects.Act(overwrites ? ActKind.Upserts : ActKind.InsertsRows, table);
        if (overwrites)
            effects.Destroy(table);
        // Whatever it inserts, changes or deletes may break a key.
        effects.MayFail();
        effects.JudgeFor(table, () => effects.Migrate(null));
    }

    public static void Copy(EffectBuilder effects, SqlNode statement)
    {
        effects.MayFail();
        if (!statement.Has("relation"))
        {
            QueryEffects.Read(effects, statement.Node("query"), scan: true);
            effects.Expand();
            return;
        }

        if (effects.Need(statement.Node("relation")) is not { } table)
            return;
        var isFrom = statement.Flag("is_from");
        effects.Lock(table, isFrom ? LockLevel.RowExclusive : LockLevel.AccessShare);
        if (!isFrom)
        {
            effects.Scan(table);
            effects.Expand();
            return;
        }

        LockReferenced(effects, table, []);
        effects.Act(ActKind.InsertsRows, table);
        effects.JudgeFor(table, () => effects.Migrate(null));
        table.IsFilled = true;
    }

    public static void Truncate(EffectBuilder effects, SqlNode statement)
    {
        var cascade = statement.Text("behavior") == "DROP_CASCADE";
        var all = new List<Relation>();
        foreach (var range in statement.List("relations"))
        {
            if (effects.Need(range) is not { } table)
                continue;
            if (table.Kind is RelationKind.View or RelationKind.MaterializedView)
                effects.Fail($"{table} is a view");
            if (table.Kind == RelationKind.PartitionedTable && !range.Flag("inh"))
                effects.Fail($"{table} is partitioned and has no rows of its own");
            all.AddRange(new AlterTarget(effects, table, !range.Flag("inh")).Tree());
        }

        for (var i = 0; i < all.Count; i++)
        {
            foreach (var (referencing, key) in KeysTo(effects, all[i]).Where(k => !all.Contains(k.Table)).ToArray())
            {
                if (cascade)
                    all.AddRange(new AlterTarget(effects, referencing, Only: false).Tree().Where(r => !all.Contains(r)));
                else
                    effects.Fail($"foreign key {key.Name} of {referencing} refers to {all[i]}");
            }
        }

        foreach (var table in all)
            Truncate(effects, table, cascade, statement.Flag("restart_seqs"));
    }

    // A key to a partitioned table is one to each of its partitions.
    private static IEnumerable<(Relation Table, Constraint Key)> KeysTo(EffectBuilder effects, Relation table) =>
        table.Parents.Where(p => p.Kind == RelationKind.PartitionedTable).Prepend(table).SelectMany(effects.Schema.KeysTo);

    private static void Truncate(EffectBuilder effects, Relation table, bool cascade, bool restart)
    {
        effects.Lock(table, LockLevel.AccessExclusive);
        if (table.Kind != RelationKind.PartitionedTable)
            effects.LockIndexes(table, LockLevel.AccessExclusive);
        effects.Act(cascade ? ActKind.TruncatesCascading : ActKind.Truncates, table);
        effects.NewFiles(table);
        effects.Destroy(table);
        effects.JudgeFor(table, () => effects.Migrate(null));
        foreach (var sequence in restart ? effects.Schema.SequencesOf(table) : [])
            effects.Lock(sequence, LockLevel.AccessExclusive);
    }
}
