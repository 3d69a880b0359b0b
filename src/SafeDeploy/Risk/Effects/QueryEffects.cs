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
        var references = node.DescendantsAndSelf("ColumnRef").Select(c => c.List("fields")).Where(f => f.Count > 0).ToArray();
        var starred = Starred(node);
        foreach (var (range, relation) in Ranges(effects, node))
        {
            var columns = ColumnsOf(references, range, relation, starred.Contains(range));
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

    // What is written with another's name before it, or is known to be no column here, is read elsewhere. A star means the
    // columns of this moment: those that are added later are not read.
    private static IEnumerable<string> ColumnsOf(IEnumerable<IReadOnlyList<SqlNode>> references, SqlNode range, Relation relation, bool isStarred)
    {
        var name = range.Node("alias")?.Text("aliasname") ?? range.Text("relname");
        var mine = references.Where(f => f.Count == 1 || f[^2].Text("sval") == name).ToArray();
        var all = isStarred || mine.Any(f => f.Count > 1 && f[^1].Is("A_Star"));
        return mine.Select(f => f[^1].Text("sval") ?? "").Where(c => c.Length > 0 && (!relation.ColumnsAreKnown || relation.Column(c) is not null))
            .Concat(!all ? [] : relation.ColumnsAreKnown ? relation.Columns.Select(c => c.Name) : ["*"]);
    }

    // The tables that a bare star stands for: those of its own FROM, not of the subqueries in it.
    private static HashSet<SqlNode> Starred(SqlNode query)
    {
        var starred = new HashSet<SqlNode>();
        var open = new Stack<SqlNode>(query.DescendantsAndSelf("SelectStmt").Where(HasStar).SelectMany(s => s.List("fromClause")));
        while (open.TryPop(out var from))
        {
            if (from.Is("RangeVar"))
                starred.Add(from);
            else if (from.Is("JoinExpr"))
                PushSides(open, from);
        }

        return starred;
    }

    private static bool HasStar(SqlNode select) => select.List("targetList").Any(t => t.Node("val") is { Kind: "ColumnRef" } value && value.List("fields") is [{ Kind: "A_Star" }]);

    private static void PushSides(Stack<SqlNode> open, SqlNode join)
    {
        if (join.Node("larg") is { } left)
            open.Push(left);
        if (join.Node("rarg") is { } right)
            open.Push(right);
    }

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
