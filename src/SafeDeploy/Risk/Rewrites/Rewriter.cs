using System.Collections.Immutable;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Rules;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Rewrites;

/// <summary>The rewrites that need no judgement: what a person would type after reading the remedy.</summary>
public static class Rewriter
{
    private static readonly ImmutableHashSet<ActKind> Constraints = [ActKind.AddsCheck, ActKind.AddsForeignKey];

    /// <summary>Null where the statement is safe as it stands, does more than one thing, or its rewrite takes a decision.</summary>
    public static Rewrite? Of(JudgedStatement statement)
    {
        // A required column fails on the rows that are there; its rewrite is made for that.
        var fails = statement.Effect.Fails is true && Done(statement, ActKind.AddsRequiredColumn) is null;
        if (statement.Parsed.Tree is not { } tree || fails || statement.Open.All(f => f.Severity < Severity.Low))
            return null;
        return tree.Kind switch
        {
            "IndexStmt" => Index(statement, tree),
            "DropStmt" => DropIndex(statement, tree),
            "AlterTableStmt" when tree.List("cmds").ToArray() is [var only] => Command(statement, tree, only),
            _ => null,
        };
    }

    private static Act? Done(JudgedStatement statement, params ActKind[] kinds) =>
        statement.Effect.Acts.FirstOrDefault(a => kinds.Contains(a.Kind) && !a.OnNew);

    private static Rewrite? Index(JudgedStatement statement, SqlNode tree)
    {
        // CONCURRENTLY is refused on a partitioned parent; the way round it names every partition.
        if (Done(statement, ActKind.CreatesIndex) is not { } act || Done(statement, ActKind.FansOutToChildren) is not null)
            return null;
        var name = tree.Text("idxname");
        var back = name is null ? "" : $"DROP INDEX CONCURRENTLY IF EXISTS {InSchemaOf(tree, name)};";
        return new Rewrite([new RewriteStep(Remedies.ConcurrentlyAlone(statement.Sql), back, true, $"index_{act.Object}")]);
    }

    private static Rewrite? DropIndex(JudgedStatement statement, SqlNode tree)
    {
        // Several names and CASCADE are refused with CONCURRENTLY (manual: sql-dropindex).
        var isOne = tree.List("objects").Count == 1 && tree.Text("behavior") != "DROP_CASCADE";
        return Done(statement, ActKind.DropsIndex) is { } act && isOne
            ? new Rewrite([new RewriteStep(Remedies.ConcurrentlyAlone(statement.Sql), "", true, $"drop_{act.Object}")])
            : null;
    }

    // An index lives in its table's schema; the name that made it carries none.
    private static string InSchemaOf(SqlNode tree, string name) =>
        tree.Node("relation")?.Text("schemaname") is { } schema ? $"{Remedies.Quote(schema)}.{Remedies.Quote(name)}" : Remedies.Quote(name);

    private static Rewrite? Command(JudgedStatement statement, SqlNode tree, SqlNode command)
    {
        var table = RelationName.Of(tree.Node("relation")) is { } name ? Spelled(name) : "";
        if (table.Length == 0 || tree.Text("objtype") != "OBJECT_TABLE")
            return null;
        return command.Text("subtype") switch
        {
            "AT_AddConstraint" => Constraint(statement, table, command),
            "AT_SetNotNull" when Done(statement, ActKind.SetsNotNull) is { } act => NotNull(statement, table, act.Object),
            "AT_AddColumn" => Column(statement, table, command),
            _ => null,
        };
    }

    /// <summary>As the statement spells it, so that it means the same table in every tenant.</summary>
    private static string Spelled(RelationName name) =>
        name.Schema is null ? Remedies.Quote(name.Name) : $"{Remedies.Quote(name.Schema)}.{Remedies.Quote(name.Name)}";

    private static Rewrite? Constraint(JudgedStatement statement, string table, SqlNode command)
    {
        if (Done(statement, [.. Constraints]) is { } proved && !string.IsNullOrEmpty(proved.Object))
        {
            var constraint = Remedies.Quote(proved.Object);
            return new Rewrite(
            [
                new RewriteStep($"{Bare(statement.Sql)} NOT VALID;", $"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint};", false, proved.Object),
                new RewriteStep($"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};", "", false, $"validate_{proved.Object}"),
            ]);
        }

        if (Done(statement, ActKind.AddsKey, ActKind.AddsPrimaryKey) is not { } key || key.Other.Length == 0 || command.Node("def") is not { } definition || definition.Has("including"))
            return null;
        var name = Remedies.Quote(key.Object);
        var columns = string.Join(", ", definition.Names("keys").Select(Remedies.Quote));
        var kind = key.Kind == ActKind.AddsPrimaryKey ? "PRIMARY KEY" : "UNIQUE";
        return new Rewrite(
        [
            new RewriteStep($"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns});", $"DROP INDEX CONCURRENTLY IF EXISTS {name};", true, $"index_{key.Object}"),
            new RewriteStep($"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name};", $"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name};", false, key.Object),
        ]);
    }

    private static Rewrite NotNull(JudgedStatement statement, string table, string column)
    {
        var name = $"{statement.Effect.Acts[0].Table.Name}_{column}_not_null";
        return new Rewrite([CheckNotNull(table, column, name), Proved(table, column, name)]);
    }

    private static RewriteStep CheckNotNull(string table, string column, string name) => new(
        $"ALTER TABLE {table} ADD CONSTRAINT {Remedies.Quote(name)} CHECK ({Remedies.Quote(column)} IS NOT NULL) NOT VALID;",
        $"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {Remedies.Quote(name)};", false, name);

    // VALIDATE reads under a lock that lets everybody work; SET NOT NULL then believes the CHECK and reads nothing.
    private static RewriteStep Proved(string table, string column, string check) => new(
        $"""
        ALTER TABLE {table} VALIDATE CONSTRAINT {Remedies.Quote(check)};
        ALTER TABLE {table} ALTER COLUMN {Remedies.Quote(column)} SET NOT NULL;
        ALTER TABLE {table} DROP CONSTRAINT {Remedies.Quote(check)};
        """,
        $"ALTER TABLE {table} ALTER COLUMN {Remedies.Quote(column)} DROP NOT NULL;", false, $"{column}_not_null");

    /// <summary>NOT NULL column in three steps: nullable with its check, filled, proved.</summary>
    private static Rewrite? Column(JudgedStatement statement, string table, SqlNode command)
    {
        if (Done(statement, ActKind.AddsRequiredColumn, ActKind.AddsColumnRewriting) is not { } act || command.Node("def") is not { } definition || definition.Has("collClause"))
            return null;
        var constraints = definition.List("constraints").ToArray();
        var isRequired = constraints.Any(c => c.Text("contype") == "CONSTR_NOTNULL");
        var given = Default(statement.Sql, constraints);
        if (constraints.Any(c => c.Text("contype") is not ("CONSTR_NOTNULL" or "CONSTR_DEFAULT")) || (act.Kind == ActKind.AddsColumnRewriting && given is null))
            return null;
        var type = statement.Effect.Acts.FirstOrDefault(a => a.Kind == ActKind.AddsColumn)?.Other ?? "";
        return type.Length == 0 || type == "?" ? null : Steps(new Addition(table, act.Table.Name, act.Object, type, given, isRequired));
    }

    private sealed record Addition(string Table, string TableName, string Column, string Type, string? Default, bool IsRequired);

    private static Rewrite Steps(Addition add)
    {
        var column = Remedies.Quote(add.Column);
        var check = $"{add.TableName}_{add.Column}_not_null";
        var first = $"ALTER TABLE {add.Table} ADD COLUMN {column} {add.Type};";
        if (add.Default is { } value)
            first += $"\nALTER TABLE {add.Table} ALTER COLUMN {column} SET DEFAULT {value};";
        var fill = $"UPDATE {add.Table} SET {column} = {add.Default ?? Placeholder(add.Column)} WHERE {column} IS NULL;";
        var steps = ImmutableArray.Create(
            new RewriteStep(first, $"ALTER TABLE {add.Table} DROP COLUMN IF EXISTS {column};", false, $"add_{add.Column}"),
            new RewriteStep(fill, "", false, $"fill_{add.Column}"));
        if (add.IsRequired)
            steps = steps.AddRange(CheckNotNull(add.Table, add.Column, check), Proved(add.Table, add.Column, check));
        return new Rewrite(steps, add.Default is null ? $"the value that existing rows get: it stands as {Placeholder(add.Column)} in the second step, which does not run before it is written" : "");
    }

    // No server takes this for SQL: a step that was forgotten fails, and fails in the first tenant.
    private static string Placeholder(string column) => $"<value of {column}>";

    /// <summary>The text of DEFAULT as it was written; null when there is none, or its place cannot be told.</summary>
    private static string? Default(string sql, SqlNode[] constraints)
    {
        // The grammar counts bytes: where a character takes more than one, places cannot be compared.
        if (sql.Any(c => c > 127) || Array.Find(constraints, c => c.Text("contype") == "CONSTR_DEFAULT") is not { Kind.Length: > 0 } given)
            return null;
        var start = given.Number("location") + "DEFAULT".Length;
        var end = constraints.Select(c => c.Number("location")).Where(l => l > given.Number("location")).DefaultIfEmpty(Bare(sql).Length).Min();
        return start < end ? sql[start..end].Trim() : null;
    }

    private static string Bare(string sql) => sql.TrimEnd(';', ' ', '\n', '\r', '\t');
}
