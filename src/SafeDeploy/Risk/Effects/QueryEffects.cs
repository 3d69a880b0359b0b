using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>The relations that a query reads, through views and common table expressions.</summary>
internal static class QueryEffects
{
    /// <summary>Locks what the query reads with ACCESS SHARE; returns the relations with the columns that are named.</summary>
    /// <param name="scan">The query is run, not only stored: its tables are read and the planner locks their indexes.</param>
    public static Dictionary<Relation, HashSet<string>> Read(EffectBuilder effects, SqlNode? query, bool scan)
    {
        var read = new Dictionary<Relation, HashSet<string>>();
        if (query is not { } node)
            return read;
        var ranges = Ranges(effects, node).ToArray();
        var named = QueryColumns.Of(node, ranges);
        foreach (var (range, relation) in ranges)
        {
            var columns = named.TryGetValue(range, out var names) ? Today(names, relation) : [];
            if (read.TryGetValue(relation, out var known))
                known.UnionWith(columns);
            else
            {
                read[relation] = [.. columns];
                Touch(effects, relation, LockLevel.AccessShare, scan, LooksUp(node.Node("whereClause"), relation), only: !range.Flag("inh"));
            }
        }

        return read;
    }

    // A star means the columns of this moment: those that are added later are not read.
    private static IEnumerable<string> Today(IReadOnlyCollection<string> named, Relation relation) =>
        named.Contains("*") && relation.ColumnsAreKnown ? relation.Columns.Select(c => c.Name) : named;

    /// <summary>A query that is planned and not run.</summary>
    public static void Plan(EffectBuilder effects, SqlNode query)
    {
        foreach (var relation in Relations(effects, query).ToArray())
            Touch(effects, relation, LockLevel.AccessShare, scan: true, looksUp: true);
    }

    /// <summary>Every relation named in a query, its own common table expressions left out.</summary>
    public static IEnumerable<Relation> Relations(EffectBuilder effects, SqlNode query) => Ranges(effects, query).Select(r => r.Relation);

    /// <summary>The same, each with the node that names it.</summary>
    public static IEnumerable<(SqlNode Range, Relation Relation)> Ranges(EffectBuilder effects, SqlNode query)
    {
        // The table that a statement changes is locked as such, not as one that it reads.
        var changed = query.DescendantsAndSelf().Where(n => n.Kind is "InsertStmt" or "UpdateStmt" or "DeleteStmt" or "MergeStmt")
            .Select(n => n.Node("relation"))
            // FOR UPDATE OF says which of those in FROM, by the name they have there.
            .Concat(query.DescendantsAndSelf("LockingClause").SelectMany(l => l.List("lockedRels")))
            .ToHashSet();
        var named = query.DescendantsAndSelf("CommonTableExpr").Select(n => n.Text("ctename")).ToHashSet();
        foreach (var range in query.DescendantsAndSelf("RangeVar").Where(n => !changed.Contains(n)))
        {
            if (RelationName.Of(range) is { } name && !(name.Schema is null && named.Contains(name.Name))
                && effects.Need(name) is { } relation)
                yield return (range, relation);
        }
    }

    /// <summary>The condition names the first column of an index with a value: the planner need not read everything.</summary>
    public static bool LooksUp(SqlNode? condition, Relation table)
    {
        if (condition is not { } node)
            return false;
        if (node.Is("BoolExpr"))
            return node.Text("boolop") == "AND_EXPR" && node.List("args").Any(a => a.Is("A_Expr") && LooksUp(a, table));
        if (!node.Is("A_Expr") || node.Names("name") is not ["="] || node.Node("rexpr") is not { Kind: "A_Const" or "TypeCast" or "ParamRef" })
            return false;
        var column = Expressions.OnlyColumn(node.Node("lexpr"));
        return table.IsAssumed ? column == "id" : table.Indexes.Exists(i => !i.IsPartialOrExpression && i.OfColumns.Count > 0 && i.OfColumns[0] == column);
    }

    /// <summary>A lock on a view reaches through to what the view reads.</summary>
    public static void Touch(EffectBuilder effects, Relation relation, LockLevel level, bool scan, bool looksUp = false, bool only = false)
    {
        var open = new Stack<Relation>([relation]);
        var seen = new HashSet<Relation>();
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next))
                continue;
            effects.Lock(next, next == relation || next.Kind is not RelationKind.View ? level : LockLevel.AccessShare);
            if (scan && next.Kind != RelationKind.PartitionedTable)
                effects.LockIndexes(next, level);
            if (scan && !looksUp && next.Kind is RelationKind.Table or RelationKind.MaterializedView)
                effects.Scan(next);
            // Storing a query parses it, running it opens the views and the partitions below.
            if (!scan)
                continue;
            if (next.Kind == RelationKind.View)
                Push(open, next.Reads.Keys);
            if (next.Children.Count > 0 && !(only && next == relation))
                Push(open, next.Children);
        }
    }

    private static void Push(Stack<Relation> open, IEnumerable<Relation> relations)
    {
        foreach (var relation in relations)
            open.Push(relation);
    }
}
