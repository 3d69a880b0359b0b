using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Whose column a name in a query is: first of the tables of its own FROM, then of those of the query around it.</summary>
internal sealed class QueryColumns
{
    private readonly Dictionary<SqlNode, Relation> _relations;
    private readonly List<Scope> _scopes = [];
    private readonly Dictionary<SqlNode, HashSet<string>> _named = [];

    /// <summary>A query, or one in another, with what its own FROM has.</summary>
    private sealed record Scope(SqlNode Query, Scope? Around)
    {
        public List<SqlNode> Ranges { get; } = [];

        /// <summary>The columns of the queries in FROM.</summary>
        public HashSet<string> Given { get; } = new(StringComparer.Ordinal);
    }

    private QueryColumns(IEnumerable<(SqlNode Range, Relation Relation)> ranges) => _relations = ranges.ToDictionary(r => r.Range, r => r.Relation);

    /// <summary>The columns named of each table; <c>*</c> for all.</summary>
    /// <param name="ranges">The tables that the query names, each with the node that names it.</param>
    public static IReadOnlyDictionary<SqlNode, HashSet<string>> Of(SqlNode query, IEnumerable<(SqlNode Range, Relation Relation)> ranges)
    {
        var columns = new QueryColumns(ranges);
        columns.Open(query);
        foreach (var inner in query.DescendantsAndSelf("SelectStmt").Where(s => s != query))
            columns.Open(inner);
        foreach (var range in columns._relations.Keys)
            columns.ScopeOf(range).Ranges.Add(range);
        foreach (var from in query.DescendantsAndSelf("RangeSubselect"))
            columns.ScopeOf(from).Given.UnionWith(ViewEffects.OutputColumns(from.Node("alias")?.Names("colnames") ?? [], from.Node("subquery")));
        foreach (var reference in query.DescendantsAndSelf("ColumnRef"))
            columns.Resolve(reference.List("fields"), columns.ScopeOf(reference));
        return columns._named;
    }

    // Outer ones before inner ones.
    private void Open(SqlNode query)
    {
        _scopes.Add(new Scope(query, _scopes.FindLast(s => s.Query.Holds(query))));
        foreach (var arm in new[] { query.Node("larg"), query.Node("rarg") }.OfType<SqlNode>())
            Open(arm);
    }

    private Scope ScopeOf(SqlNode node) => _scopes.FindLast(s => s.Query.Holds(node))!;

    private void Resolve(IReadOnlyList<SqlNode> fields, Scope from)
    {
        var column = fields is [.., var last] && !last.Is("A_Star") ? last.Text("sval") ?? "" : "*";
        for (var scope = from; scope is not null; scope = scope.Around)
        {
            var owners = scope.Ranges.Where(r => MayOwn(r, fields, column)).ToArray();
            var sure = owners.Where(r => fields.Count > 1 || column == "*" || _relations[r].ColumnsAreKnown).ToArray();
            foreach (var owner in sure.Length > 0 ? sure : owners)
                Note(owner, column);
            if (sure.Length > 0 || (fields.Count == 1 && (column == "*" || scope.Given.Contains(column))))
                return;
        }
    }

    private bool MayOwn(SqlNode range, IReadOnlyList<SqlNode> fields, string column) =>
        (fields.Count == 1 || fields[^2].Text("sval") == (range.Node("alias")?.Text("aliasname") ?? range.Text("relname")))
        && (column == "*" || !_relations[range].ColumnsAreKnown || _relations[range].Column(column) is not null);

    private void Note(SqlNode range, string column)
    {
        if (!_named.TryGetValue(range, out var columns))
            _named[range] = columns = new HashSet<string>(StringComparer.Ordinal);
        columns.Add(column);
    }
}
