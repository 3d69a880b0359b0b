using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>What the server refuses to index: expressions that are not immutable, types that the access method can not order.</summary>
internal static class IndexDefinition
{
    // Built in and stable or volatile in every form that they have.
    private static readonly string[] Mutable =
    [
        "now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "timeofday", "random", "gen_random_uuid", "nextval", "current_setting", "to_char", "to_date",
        "concat", "concat_ws", "format", "array_to_string", "to_json", "to_jsonb", "row_to_json", "array_to_json", "json_build_object", "json_build_array", "jsonb_build_object", "jsonb_build_array",
    ];

    // Of these the form for timestamptz depends on the session's time zone.
    private static readonly string[] MutableByZone = ["date_trunc", "date_part", "extract"];

    private static readonly string[] Strings = ["text", "varchar", "bpchar", "name"];
    private static readonly string[] Times = ["date", "timestamp", "timestamptz", "time", "timetz", "interval"];

    public static void Check(EffectBuilder effects, SqlNode statement, Relation table)
    {
        var elements = statement.List("indexParams");
        foreach (var element in elements)
            CheckElement(effects, statement, table, element);
        if (elements.Select(e => e.Node("expr")).Append(statement.Node("whereClause")).OfType<SqlNode>().Any(e => IsMutable(e, table, effects.Schema)))
            effects.Fail("an index can not hold what is not immutable: a time zone, a setting or the clock would change it");
        if (statement.Text("accessMethod") == "hash" && elements.Count > 1)
            effects.Fail("a hash index has one column");
    }

    private static void CheckElement(EffectBuilder effects, SqlNode statement, Relation table, SqlNode element)
    {
        if (element.Text("name") is not { } name)
            return;
        var column = table.Column(name);
        if (column is null && table is { ColumnsAreKnown: true, Kind: not RelationKind.View })
            effects.FailMissing($"column {name} of {table}", FailureKind.UndefinedColumn);
        if (column is not null && !element.Has("opclass") && HasNoClass(statement.Text("accessMethod"), column.Type, effects.Schema))
            effects.Fail($"{column.Type} of column {name} has no operator class for {statement.Text("accessMethod")}");
    }

    private static bool HasNoClass(string? method, SqlType type, SchemaState schema) => method switch
    {
        null or "btree" => type is { Name: "json" or "xml", IsArray: false },
        "gin" => schema.IsComplete && !schema.Extensions.Contains("btree_gin") && type is { IsArray: false, Name: not ("jsonb" or "tsvector") } && TypeCasts.IsBuiltIn(type),
        _ => false,
    };

    private static bool IsMutable(SqlNode expression, Relation table, SchemaState schema) =>
        expression.HoldsKind("SQLValueFunction")
        || expression.DescendantsAndSelf("FuncCall").Any(call => CallIsMutable(call, table, schema))
        || expression.DescendantsAndSelf("TypeCast").Any(cast => CastIsMutable(cast, table));

    private static bool CallIsMutable(SqlNode call, Relation table, SchemaState schema)
    {
        var names = call.Names("funcname");
        var own = names.Count > 1 && names[0] != "pg_catalog" ? names[^2] : null;
        // One in SQL may be put in line, and then its own body is looked at.
        if (schema.RoutineOf(own, names[^1]) is { } routine)
            return routine.Volatility != "immutable" && !IsSql(routine);
        return own is null && (Mutable.Contains(names[^1])
            || (MutableByZone.Contains(names[^1]) && call.List("args") is [_, var at] && TypeOf(at, table)?.Name == "timestamptz"));
    }

    private static bool IsSql(Routine routine) => routine.Language.Equals("sql", StringComparison.OrdinalIgnoreCase);

    private static bool CastIsMutable(SqlNode cast, Relation table)
    {
        if (TypeOf(cast.Node("arg"), table) is not { IsArray: false } from)
            return false;
        var to = SqlType.Of(cast.Node("typeName")).Name;
        return (from.Name == "timestamptz" && to is "date" or "time" or "timestamp")
            || (from.Name is "timestamp" or "date" && to == "timestamptz")
            || (Times.Contains(from.Name) && from.Name != "interval" && Strings.Contains(to) && from.Name is not ("time" or "timetz"))
            || (Strings.Contains(from.Name) && Times.Contains(to));
    }

    private static SqlType? TypeOf(SqlNode? expression, Relation table) =>
        expression is { Kind: "ColumnRef" } column && column.List("fields") is [.., var last] ? table.Column(last.Text("sval") ?? "")?.Type : null;
}
