using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Indexes are built under SHARE, or concurrently under a lock that lets everybody work.</summary>
internal static class IndexEffects
{
    public static void Create(EffectBuilder effects, SqlNode statement)
    {
        if (effects.Need(statement.Node("relation")) is not { } table)
            return;
        if (table.Kind == RelationKind.View)
            effects.Fail($"{table} is a view");
        // ONLY is written for partitioned tables alone, which hold no rows themselves.
        if (table.IsAssumed && statement.Node("relation")?.Flag("inh") != true)
            table.Kind = RelationKind.PartitionedTable;
        var concurrently = statement.Flag("concurrent");
        var level = concurrently ? LockLevel.ShareUpdateExclusive : LockLevel.Share;
        var columns = statement.List("indexParams").Concat(statement.List("indexIncludingParams")).ToArray();
        var name = statement.Text("idxname") ?? GivenNames.Index(table, statement.List("indexParams").Select(NamePart), effects.Schema);
        // Whether the name is taken is looked up behind the locks, those on the partitions included.
        foreach (var relation in Reached(effects, statement, table))
            effects.Lock(relation, level);
        IndexDefinition.Check(effects, statement, table);
        if (IsTaken(effects, statement, table, name))
            return;
        if (concurrently && table.Kind == RelationKind.PartitionedTable)
            effects.Fail($"{table} is partitioned, CONCURRENTLY is refused");
        Build(effects, statement, table);
        effects.Act(concurrently ? ActKind.CreatesIndexConcurrently : ActKind.CreatesIndex, table, name, statement.Flag("unique") ? "unique" : "");
        if (!statement.Flag("if_not_exists"))
            effects.Act(ActKind.NotReRunnable, table, name);
        Remember(effects, statement, table, (name, columns));
        Judge(effects, statement, table);
    }

    private static bool IsTaken(EffectBuilder effects, SqlNode statement, Relation table, string name)
    {
        if (effects.Schema.Find(new RelationName(table.Key.Schema, name)) is not { IsAssumed: false } taken)
            return false;
        if (!statement.Flag("if_not_exists"))
            effects.FailTaken(taken.ToString(), FailureKind.DuplicateTable);
        effects.Act(ActKind.ExistenceGuardStillLocks, table, name, "index");
        effects.Expand();
        return true;
    }

    /// <summary>The schema knows the index from now on, on every partition too.</summary>
    private static void Remember(EffectBuilder effects, SqlNode statement, Relation table, (string Name, SqlNode[] Columns) made)
    {
        var index = TableDefinition.IndexOn(effects.Schema, table, made.Name, Columns(statement, made.Columns), statement.Flag("unique"));
        index.Method = statement.Text("accessMethod") ?? "";
        index.IsPartialOrExpression = statement.Has("whereClause") || made.Columns.Any(c => c.Has("expr"));
        if (table.Kind == RelationKind.PartitionedTable && (statement.Node("relation")?.Flag("inh") ?? true))
        {
            foreach (var partition in table.Children)
                PartitionEffects.CopyIndex(effects.Schema, table, index, partition);
        }
    }

    private static IEnumerable<string> Columns(SqlNode statement, SqlNode[] elements) => elements
        .SelectMany(e => e.Text("name") is { } column ? [column] : Expressions.Columns(e.Node("expr")))
        .Concat(Expressions.Columns(statement.Node("whereClause")))
        .Distinct();

    private static string NamePart(SqlNode element) =>
        element.Text("name") ?? (element.Node("expr") is { Kind: "FuncCall" } call ? call.LastName("funcname") : "expr");

    private static IReadOnlyList<Relation> Reached(EffectBuilder effects, SqlNode statement, Relation table) =>
        new AlterTarget(effects, table, Only: !(statement.Node("relation")?.Flag("inh") ?? true) || table.Kind != RelationKind.PartitionedTable).Tree();

    private static void Build(EffectBuilder effects, SqlNode statement, Relation table)
    {
        var reached = Reached(effects, statement, table);
        // ON ONLY: nothing below a partitioned table is read.
        foreach (var relation in reached.Where(r => r.Kind != RelationKind.PartitionedTable || statement.Node("relation")?.Flag("inh") != false))
            effects.Scan(relation);
        if (reached.Count > 1)
            effects.Act(ActKind.FansOutToChildren, table, "", $"{reached.Count - 1}");
    }

    private static void Judge(EffectBuilder effects, SqlNode statement, Relation table)
    {
        if (statement.Flag("unique") && table.HoldsRows)
        {
            effects.MayFail();
            effects.Contract(null);
        }
        else
            effects.Expand();
    }

    public static void Drop(EffectBuilder effects, DropRequest drop)
    {
        var concurrently = drop.Statement.Flag("concurrent");
        if (effects.Need(GivenNames.Of(drop.Names), RelationKind.Index, drop.MissingOk) is not { } index)
        {
            effects.Expand();
            return;
        }

        var level = concurrently ? LockLevel.ShareUpdateExclusive : LockLevel.AccessExclusive;
        if (index.Of is { Kind: RelationKind.PartitionedTable } parent)
            new AlterTarget(effects, parent, Only: false).LockTree(level);
        if (index.Of is null)
            effects.LockUnseen(level, works: false);
        effects.Lock(index.Of, level);
        effects.Lock(index, level);
        effects.Act(concurrently ? ActKind.DropsIndexConcurrently : ActKind.DropsIndex, index.Of ?? index, index.Key.Name);
        if (index.Of?.Constraints.Find(c => c.Index == index) is { } constraint)
        {
            effects.Act(ActKind.DropsIndexOfConstraint, index.Of, index.Key.Name);
            effects.Fail($"constraint {constraint.Name} of {index.Of} needs {index.Key.Name}");
        }

        if (index.Parents.Count > 0)
            effects.Fail($"{index.Parents[0]} needs {index}");
        // An old query may run into ON CONFLICT without its unique index.
        effects.JudgeFor(index, () => effects.Expand(index.IsAssumed || index.IsUnique ? null : true));
        Remove(effects, index, level);
    }

    /// <summary>An index goes, and with it those of the partitions.</summary>
    public static void Remove(EffectBuilder effects, Relation index, LockLevel level)
    {
        effects.Lock(index, level);
        foreach (var child in index.Children.ToArray())
        {
            child.Of?.Constraints.RemoveAll(c => c.Index == child);
            Remove(effects, child, level);
        }

        effects.Schema.Remove(index);
    }

    public static void Attach(EffectBuilder effects, Relation parent, SqlNode command)
    {
        effects.Lock(parent, LockLevel.ShareUpdateExclusive);
        effects.Lock(effects.Need(command.Node("def")?.Node("name"), RelationKind.Index), LockLevel.AccessExclusive);
        effects.Act(ActKind.OnlyMetadata, parent);
        effects.Expand();
    }

    public static void Reindex(EffectBuilder effects, SqlNode statement)
    {
        var concurrently = statement.List("params").Any(p => p.Text("defname") == "concurrently" && OutsideTransactionOnly.Switch(p));
        effects.Expand();
        switch (statement.Text("kind"))
        {
            case "REINDEX_OBJECT_INDEX":
                if (effects.Need(statement.Node("relation"), RelationKind.Index) is { } index)
                    Rebuild(effects, index.Of, [index], concurrently);
                break;
            case "REINDEX_OBJECT_TABLE":
                if (effects.Need(statement.Node("relation")) is { } table)
                    Rebuild(effects, table, table.Indexes, concurrently);
                break;
            default:
                foreach (var each in effects.Schema.Relations.Where(r => r.IsTable && r.Indexes.Count > 0 && IsIn(statement, r)).ToArray())
                    Rebuild(effects, each, each.Indexes, concurrently);
                break;
        }
    }

    private static bool IsIn(SqlNode statement, Relation table) =>
        statement.Text("kind") != "REINDEX_OBJECT_SCHEMA" || statement.Text("name") == table.Key.Schema;

    private static void Rebuild(EffectBuilder effects, Relation? table, IReadOnlyCollection<Relation> indexes, bool concurrently)
    {
        var level = concurrently ? LockLevel.ShareUpdateExclusive : LockLevel.Share;
        effects.Lock(table, level);
        if (table is null)
            effects.LockUnseen(level, works: true);
        foreach (var index in indexes)
            effects.Lock(index, concurrently ? LockLevel.ShareUpdateExclusive : LockLevel.AccessExclusive);
        if (table is not null && (indexes.Count > 0 || table.IsAssumed))
            effects.Scan(table);
        if (!concurrently)
            effects.Act(ActKind.ReindexesBlocking, table?.Key ?? indexes.First().Key);
    }
}
