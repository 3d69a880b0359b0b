using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>A column as CREATE TABLE and ADD COLUMN write it.</summary>
/// <param name="Default">Null when there is none.</param>
internal sealed record ColumnDefinition(
    string Name,
    SqlType Type,
    SqlNode? Default,
    bool NotNull,
    bool IsIdentity,
    bool IsGenerated,
    IReadOnlyList<SqlNode> Constraints)
{
    public static ColumnDefinition Of(SqlNode definition)
    {
        var constraints = definition.List("constraints");
        var generated = constraints.FirstOrDefault(c => c.Text("contype") == "CONSTR_GENERATED");
        var given = constraints.FirstOrDefault(c => c.Text("contype") == "CONSTR_DEFAULT");
        var expression = (generated ?? given)?.Node("raw_expr");
        return new ColumnDefinition(
            definition.Text("colname") ?? "",
            SqlType.Of(definition.Node("typeName")),
            expression,
            constraints.Any(c => c.Text("contype") is "CONSTR_NOTNULL" or "CONSTR_PRIMARY" or "CONSTR_IDENTITY"),
            constraints.Any(c => c.Text("contype") == "CONSTR_IDENTITY"),
            generated is not null,
            constraints);
    }

    public bool FillsItself => Type.IsSerial || IsIdentity || IsGenerated;

    public Column Make(SchemaState schema) => new(Name, Type.WithoutSerial())
    {
        NotNull = NotNull || Type.IsSerial,
        HasDefault = Default is not null || Type.IsSerial,
        IsIdentity = IsIdentity,
        IsGenerated = IsGenerated,
        IsNew = schema.IsJudging,
        Reads = Expressions.Columns(Default),
    };
}

/// <summary>Adds constraints to the schema and tells what they lock on the way; shared by CREATE and ALTER TABLE.</summary>
internal static class TableDefinition
{
    public static ConstraintKind? KindOf(SqlNode constraint) => constraint.Text("contype") switch
    {
        "CONSTR_PRIMARY" => ConstraintKind.PrimaryKey,
        "CONSTR_UNIQUE" => ConstraintKind.Unique,
        "CONSTR_EXCLUSION" => ConstraintKind.Exclusion,
        "CONSTR_CHECK" => ConstraintKind.Check,
        "CONSTR_FOREIGN" => ConstraintKind.ForeignKey,
        _ => null,
    };

    public static void AddColumn(EffectBuilder effects, Relation table, ColumnDefinition column)
    {
        var made = column.Make(effects.Schema);
        made.Sequence = SequenceEffects.Called(effects, column.Default);
        table.Columns.Add(made);
        if (column.Type.IsSerial || column.IsIdentity)
            made.Sequence = AddSequence(effects.Schema, table, column.Name);
    }

    public static Relation AddSequence(SchemaState schema, Relation table, string column)
    {
        var sequence = schema.Make(new RelationKey(table.Key.Schema, $"{table.Key.Name}_{column}_seq"), RelationKind.Sequence);
        sequence.Of = table;
        sequence.OfColumns.Add(column);
        return sequence;
    }

    /// <param name="column">The column that carries the constraint, or null for one of the table.</param>
    public static Constraint? Add(EffectBuilder effects, Relation table, SqlNode constraint, string? column)
    {
        if (KindOf(constraint) is not { } kind)
            return null;
        var columns = ColumnsOf(constraint, kind, column);
        var name = constraint.Text("conname") ?? GivenNames.Constraint(table, kind, NameParts(constraint, kind, column, columns));
        var added = new Constraint(name, kind, columns)
        {
            Valid = !constraint.Flag("skip_validation"),
            NoInherit = constraint.Flag("is_no_inherit"),
            Target = kind == ConstraintKind.ForeignKey ? effects.Need(constraint.Node("pktable")) : null,
            TargetColumns = constraint.Names("pk_attrs"),
            DeletesAlong = constraint.Text("fk_del_action") is "c" or "n" or "d",
            UpdatesAlong = constraint.Text("fk_upd_action") is "c" or "n" or "d",
            Expression = constraint.Node("raw_expr"),
        };
        if (table.Constraint(name) is not null)
        {
            effects.FailTaken($"constraint {name} on {table}", FailureKind.DuplicateObject);
            return added;
        }

        table.Constraints.Add(added);
        MakeIndex(effects, table, constraint, added);
        return added;
    }

    /// <summary>The columns of a table or view that a query makes.</summary>
    /// <param name="output">Null where they can not be told.</param>
    public static void AddOutput(Relation made, IReadOnlyList<Column>? output)
    {
        made.HasUnseenColumns = output is null;
        made.Columns.AddRange(output ?? []);
    }

    private static void MakeIndex(EffectBuilder effects, Relation table, SqlNode constraint, Constraint added)
    {
        if (added.Kind is ConstraintKind.Check or ConstraintKind.ForeignKey)
            return;
        if (added.Kind == ConstraintKind.PrimaryKey)
        {
            foreach (var key in added.Columns.Select(table.Column).OfType<Column>())
                key.NotNull = true;
        }

        if (constraint.Text("indexname") is { } existing)
        {
            added.Index = effects.Schema.Find(new RelationName(table.Key.Schema, existing));
            if (added.Columns.Count == 0 && added.Index is { } index)
                added.Columns.AddRange(index.OfColumns);
            return;
        }

        added.Index = IndexOn(effects.Schema, table, added.Name, added.Columns, unique: added.Kind != ConstraintKind.Exclusion);
    }

    public static Relation IndexOn(SchemaState schema, Relation table, string name, IEnumerable<string> columns, bool unique)
    {
        var index = schema.Make(new RelationKey(table.Key.Schema, name), RelationKind.Index, table.IsTemporary);
        index.Of = table;
        index.OfColumns.AddRange(columns);
        index.IsUnique = unique;
        table.Indexes.Add(index);
        return index;
    }

    private static IReadOnlyList<string> ColumnsOf(SqlNode constraint, ConstraintKind kind, string? column) => kind switch
    {
        ConstraintKind.ForeignKey => column is null ? constraint.Names("fk_attrs") : [column],
        ConstraintKind.Check => [.. Expressions.Columns(constraint.Node("raw_expr"))],
        ConstraintKind.Exclusion => [.. constraint.List("exclusions").SelectMany(e => e.DescendantsAndSelf("IndexElem")).Select(n => n.Text("name") ?? "expr")],
        _ => column is null ? constraint.Names("keys") : [column],
    };

    // A CHECK over several columns is named after the table alone.
    private static IEnumerable<string> NameParts(SqlNode constraint, ConstraintKind kind, string? column, IReadOnlyList<string> columns) =>
        kind == ConstraintKind.Check ? column is not null ? [column] : columns.Count == 1 ? columns : [] : columns;
}
