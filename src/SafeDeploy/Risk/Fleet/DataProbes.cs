using System.Globalization;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Fleet;

/// <summary>Derives from a statement what has to be asked of the data before it runs. Pure.</summary>
public static class DataProbes
{
    /// <param name="validated">Names of constraints that the same change validates later.</param>
    public static IEnumerable<DataProbe> Of(JudgedStatement statement, IReadOnlySet<string> validated)
    {
        if (statement.Parsed.Tree is not { } tree || Table(tree) is not { } table || statement.Effect.Acts.All(a => a.OnNew))
            return [];
        return tree.Kind switch
        {
            "IndexStmt" => Index(tree, table),
            "AlterTableStmt" => tree.List("cmds").SelectMany(c => Command(statement, c, table, validated)),
            _ => [],
        };
    }

    /// <summary>Constraints that a change validates, by name.</summary>
    public static IReadOnlySet<string> Validated(RiskReport report) => report.Statements
        .SelectMany(s => s.Effect.Acts).Where(a => a.Kind == ActKind.ValidatesConstraint).Select(a => a.Object).ToHashSet(StringComparer.Ordinal);

    private static string? Table(SqlNode tree) => RelationName.Of(tree.Node("relation")) is { } name ? Spelled(name) : null;

    private static string Spelled(RelationName name) => name.Schema is null ? Quoted(name.Name) : $"{Quoted(name.Schema)}.{Quoted(name.Name)}";

    // What the grammar gave back is an identifier; its length was cut by the server's own rule.
    private static string Quoted(string name) => QuotedName.TryParse(name, out var why)?.Sql ?? throw new FormatException($"\"{name}\" is no identifier: {why}");

    private static IEnumerable<DataProbe> Command(JudgedStatement statement, SqlNode command, string table, IReadOnlySet<string> validated) => command.Text("subtype") switch
    {
        "AT_SetNotNull" when command.Text("name") is { } column => [Nulls(table, column)],
        "AT_AddConstraint" when command.Node("def") is { } constraint && (!constraint.Flag("skip_validation") || validated.Contains(constraint.Text("conname") ?? "")) =>
            Constraint(statement.Sql, constraint, table),
        "AT_AlterColumnType" when command.Text("name") is { } column && command.Node("def") is { } definition && !definition.Has("raw_default") =>
            Narrowed(table, column, SqlType.Of(definition.Node("typeName"))),
        "AT_AddColumn" when statement.Effect.Acts.Any(a => a.Kind == ActKind.AddsRequiredColumn && a.Object == command.Node("def")?.Text("colname")) =>
            [Count($"rows of {table} that would have no {command.Node("def")?.Text("colname")}", $"from {table}")],
        _ => [],
    };

    private static DataProbe Count(string what, string from, string? keyOf = null) => new(
        what, string.Create(CultureInfo.InvariantCulture, $"select count(*) from (select 1 {from} limit {DataProbe.AtMost}) found"), keyOf);

    private static DataProbe Nulls(string table, string column) => Count($"rows of {table} without {column}", $"from {table} where {Quoted(column)} is null");

    private static DataProbe Duplicates(string table, IReadOnlyList<string> columns)
    {
        var names = string.Join(", ", columns.Select(Quoted));
        var present = string.Join(" and ", columns.Select(c => $"{Quoted(c)} is not null"));
        return Count($"values of {string.Join(", ", columns)} that {table} has more than once", $"from {table} where {present} group by {names} having count(*) > 1");
    }

    private static IEnumerable<DataProbe> Index(SqlNode tree, string table)
    {
        var columns = tree.List("indexParams").Select(p => p.Text("name")).ToArray();
        if (tree.Flag("unique") && !tree.Has("whereClause") && !tree.Flag("nulls_not_distinct") && columns.All(c => c is not null))
            yield return Duplicates(table, [.. columns.OfType<string>()]);
    }

    private static IEnumerable<DataProbe> Constraint(string sql, SqlNode constraint, string table)
    {
        var keys = constraint.Names("keys");
        switch (constraint.Text("contype"))
        {
            case "CONSTR_UNIQUE" when keys.Count > 0 && !constraint.Flag("nulls_not_distinct"):
                return [Duplicates(table, keys)];
            case "CONSTR_PRIMARY" when keys.Count > 0:
                return [Duplicates(table, keys), .. keys.Select(k => Nulls(table, k))];
            case "CONSTR_FOREIGN" when RelationName.Of(constraint.Node("pktable")) is { } target:
                return Orphans(table, constraint.Names("fk_attrs"), Spelled(target), constraint.Names("pk_attrs"));
            case "CONSTR_CHECK" when Expression(sql, constraint.Number("location")) is { } expression:
                return [Count($"rows of {table} that violate {constraint.Text("conname") ?? "the check"}", $"from {table} where not ({expression})")];
            default:
                return [];
        }
    }

    private static IEnumerable<DataProbe> Orphans(string table, IReadOnlyList<string> columns, string target, IReadOnlyList<string> referenced)
    {
        // Without a list the primary key is meant, which only the database knows; one column is all that can be put in.
        if (columns.Count == 0 || (referenced.Count == 0 && columns.Count > 1))
            yield break;
        var pairs = columns.Select((c, i) => $"target.{(referenced.Count == 0 ? "{key}" : Quoted(referenced[i]))} = source.{Quoted(c)}");
        var present = string.Join(" and ", columns.Select(c => $"source.{Quoted(c)} is not null"));
        yield return Count(
            $"rows of {table} whose {string.Join(", ", columns)} {target} does not have",
            $"from {table} source where {present} and not exists (select 1 from {target} target where {string.Join(" and ", pairs)})",
            referenced.Count == 0 ? target : null);
    }

    private static IEnumerable<DataProbe> Narrowed(string table, string column, SqlType to)
    {
        var name = Quoted(column);
        var condition = to switch
        {
            { IsArray: true } => null,
            { Name: "varchar" or "bpchar", Length: { } length } => string.Create(CultureInfo.InvariantCulture, $"length({name}::text) > {length}"),
            { Name: "int2" } => $"{name}::numeric not between -32768 and 32767",
            { Name: "int4" } => $"{name}::numeric not between -2147483648 and 2147483647",
            { Name: "numeric", Length: { } digits, Scale: var scale } => string.Create(CultureInfo.InvariantCulture, $"abs({name}::numeric) >= 1e{digits - (scale ?? 0)}"),
            _ => null,
        };
        if (condition is not null)
            yield return Count($"values of {column} in {table} that do not fit {to}", $"from {table} where {condition}");
    }

    /// <summary>The text between the parentheses of CHECK, as it was written.</summary>
    private static string? Expression(string sql, int at)
    {
        // The grammar counts bytes: where a character takes more than one, places cannot be compared.
        if (sql.Any(c => c > 127))
            return null;
        var scanner = new SqlScanner(sql);
        scanner.Seek(at);
        var (depth, start, seen) = (0, 0, false);
        while (scanner.Next() is { } token)
        {
            seen |= scanner.Is(token, "check");
            if (!seen || token.Kind != SqlTokenKind.Symbol)
                continue;
            if (scanner.First(token) == '(' && depth++ == 0)
                start = token.End;
            else if (scanner.First(token) == ')' && --depth == 0)
                return sql[start..token.Start];
        }

        return null;
    }
}
