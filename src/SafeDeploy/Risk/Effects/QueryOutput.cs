using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>The columns that a query gives out, stars and all; their types where a column or a cast is all there is.</summary>
internal static class QueryOutput
{
    /// <param name="Alias">What the query calls it; null for a join.</param>
    private sealed record Source(string? Alias, IReadOnlyList<Column>? Columns);

    /// <summary>Null where a name can not be told from the text and the schema.</summary>
    /// <param name="given">Names from outside, for the first of them; may be empty.</param>
    public static IReadOnlyList<Column>? Of(IReadOnlyList<string> given, SqlNode? query, SchemaState schema)
    {
        var isSet = query?.Node("larg") is not null;
        while (query?.Node("larg") is { } left)
            query = left;
        if (query is not { Kind: "SelectStmt" } select || select.Has("withClause") || select.Has("valuesLists"))
            return null;
        var sources = select.List("fromClause").SelectMany(from => Sources(from, schema)).ToArray();
        var all = new List<Column>();
        foreach (var target in select.List("targetList"))
        {
            if (Columns(target, sources) is not { } columns)
                return null;
            all.AddRange(columns);
        }

        // The types of a UNION are those that all its arms become.
        return [.. all.Select((c, i) => new Column(i < given.Count ? given[i] : c.Name, isSet ? SqlType.Unknown : c.Type))];
    }

    private static IEnumerable<Source> Sources(SqlNode from, SchemaState schema) => from.Kind switch
    {
        "RangeVar" => [new Source(AliasOf(from) ?? from.Text("relname"), Named(from, schema.Find(RelationName.Of(from)!)))],
        "RangeSubselect" => [new Source(AliasOf(from), Of(from.Node("alias")?.Names("colnames") ?? [], from.Node("subquery"), schema))],
        "JoinExpr" when !from.Has("usingClause") && !from.Flag("isNatural") && !from.Has("alias") =>
            new[] { from.Node("larg"), from.Node("rarg") }.OfType<SqlNode>().SelectMany(side => Sources(side, schema)),
        _ => [new Source(AliasOf(from), null)],
    };

    private static string? AliasOf(SqlNode from) => from.Node("alias")?.Text("aliasname");

    private static IReadOnlyList<Column>? Named(SqlNode range, Relation? relation) =>
        relation is { ColumnsAreKnown: true } && range.Node("alias")?.Has("colnames") != true ? relation.Columns : null;

    private static IReadOnlyList<Column>? Columns(SqlNode target, Source[] sources)
    {
        var value = target.Node("val");
        if (value is not { Kind: "ColumnRef" } reference)
            return NameOf(target) is { } name ? [new Column(name, value is { Kind: "TypeCast" } cast ? SqlType.Of(cast.Node("typeName")) : SqlType.Unknown)] : null;
        var fields = reference.List("fields");
        var from = fields.Count > 1 ? Array.FindAll(sources, s => s.Alias == fields[^2].Text("sval")) : sources;
        if (fields is [.., { Kind: "A_Star" }])
            return from.Length > 0 && Array.TrueForAll(from, s => s.Columns is not null) ? [.. from.SelectMany(s => s.Columns!).Select(c => new Column(c.Name, c.Type))] : null;
        var column = fields is [.., var last] ? last.Text("sval") ?? "" : "";
        var owners = from.SelectMany(s => s.Columns ?? []).Where(c => c.Name == column).ToArray();
        return [new Column(target.Text("name") ?? column, owners is [var only] ? only.Type : SqlType.Unknown)];
    }

    // FigureColname, as far as names go that somebody could meet again.
    private static string? NameOf(SqlNode target) => target.Text("name") ?? target.Node("val") switch
    {
        { Kind: "FuncCall" } call => call.LastName("funcname"),
        { Kind: "CoalesceExpr" } => "coalesce",
        { Kind: "TypeCast" } cast when cast.Node("arg") is { Kind: "ColumnRef" } column => column.List("fields") is [.., var last] ? last.Text("sval") : null,
        _ => null,
    };
}
