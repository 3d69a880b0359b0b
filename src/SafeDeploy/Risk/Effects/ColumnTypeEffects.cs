using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>ALTER COLUMN … TYPE: rewrite, index rebuild or a change of the catalogue alone.</summary>
internal static class ColumnTypeEffects
{
    public static void Change(AlterTarget target, SqlNode command)
    {
        var name = command.Text("name") ?? "";
        var effects = target.Effects;
        target.LockTree(LockLevel.AccessExclusive);
        var column = target.Column(name);
        var to = SqlType.Of(command.Node("def")?.Node("typeName"));
        if (target.Table.Kind is not (RelationKind.Table or RelationKind.PartitionedTable))
        {
            effects.Contract(null);
            return;
        }

        Check(target, column, to, command);
        var change = Judge(target, column, to, command, name);
        foreach (var relation in target.Tree())
            Apply(effects, relation, name, to, change);
        Report(effects, target.Table, name, to, change);
        effects.JudgeFor(column is { IsNew: true } || target.Table.IsNew ? target.Table : null, () => effects.Contract(null));
    }

    private static void Check(AlterTarget target, Column? column, SqlType to, SqlNode command)
    {
        var (effects, table, name) = (target.Effects, target.Table, command.Text("name") ?? "");
        if (table.Columns.Exists(c => c.IsGenerated && c.Reads.Contains(name)))
            effects.Fail($"a generated column of {table} reads {name}");
        if (table.IsPartition || column is { IsInherited: true })
            effects.Fail($"column {name} of {table} is inherited");
        if (target.Only && table.Children.Exists(c => c.Column(name) is not null))
            effects.Fail($"what inherits from {table} has column {name} too, and ONLY leaves it out");
        if (column is not null && command.Node("def")?.Has("raw_default") != true && TypeCasts.IsAutomatic(column.Type, to, effects.Schema) == false)
            effects.Fail($"{column.Type} does not become {to} without USING");
    }

    private static TypeChange Judge(AlterTarget target, Column? column, SqlType to, SqlNode command, string name)
    {
        var written = command.Node("def")?.Node("raw_default");
        var was = column?.Type ?? SqlType.Unknown;
        if (was.IsUnknown && written is null && IsRestated(target, name))
            return Collated(command, TypeChange.InPlace);
        var change = TypeChange.Between((name, written is not null), was, to, target.Schema);
        if (written is not { } expression)
            return Collated(command, change);
        if (IsPlainCast(expression, name, to))
            return change;
        // Through a third type: in place only where each step is.
        if (Expressions.OnlyColumn(expression) == name && CastsTo(expression, to))
            return change with { Rewrites = change.Rewrites || ByStepsRewrites(expression, was, name, target.Schema) };
        target.Effects.Act(ActKind.OverwritesByUsing, target.Table, name, to.ToString());
        return change with { Rewrites = true, Lossy = change.Lossy || !Keeps(expression, name) };
    }

    // Generators that only mean DROP NOT NULL write the column's type again before it (fizz does, 26 times in Kratos'
    // history); none of 29 real histories changes a type in the same breath.
    private static bool IsRestated(AlterTarget target, string name) =>
        target.Commands.Any(c => c.Text("subtype") == "AT_DropNotNull" && c.Text("name") == name);

    private static TypeChange Collated(SqlNode command, TypeChange change) =>
        command.Node("def")?.Has("collClause") == true ? change with { RebuildsIndexes = true } : change;

    // USING a::new does what the server does without it.
    private static bool IsPlainCast(SqlNode expression, string name, SqlType to) =>
        Expressions.OnlyColumn(expression) == name && (expression.Is("ColumnRef") || (CastsTo(expression, to) && expression.Node("arg")?.Is("ColumnRef") == true));

    private static bool ByStepsRewrites(SqlNode expression, SqlType was, string name, SchemaState schema)
    {
        if (!expression.Is("TypeCast") || expression.Node("arg") is not { } inner)
            return false;
        var from = inner.Is("TypeCast") ? SqlType.Of(inner.Node("typeName")) : was;
        return TypeChange.Between((name, true), from, SqlType.Of(expression.Node("typeName")), schema).Rewrites || ByStepsRewrites(inner, was, name, schema);
    }

    private static bool CastsTo(SqlNode expression, SqlType to) => expression.Is("TypeCast") && SqlType.Of(expression.Node("typeName")).Name == to.Name;

    // Another notation of the same value; any other expression puts a new value in the old one's place.
    private static readonly string[] Conversions = ["to_timestamp", "timezone", "to_json", "to_jsonb", "text", "string_to_array", "array_to_string"];

    private static bool Keeps(SqlNode expression, string name) =>
        Expressions.Columns(expression).Contains(name)
        && expression.DescendantsAndSelf().All(n => n.Kind switch
        {
            "FuncCall" => Conversions.Contains(n.LastName("funcname")),
            "A_Expr" or "CaseExpr" or "CoalesceExpr" or "NullIfExpr" => false,
            _ => true,
        });

    private static void Apply(EffectBuilder effects, Relation table, string name, SqlType to, TypeChange change)
    {
        if (change.Rewrites)
        {
            effects.Rewrite(table);
        }
        else if (change.RebuildsIndexes && table.IsAssumed)
        {
            // Nobody changes how a column compares unless it is compared: an index over it is taken for granted.
            effects.Scan(table);
        }

        // Neither pads nor cuts: another length is an error (bit_in).
        if (to.Name == "bit")
            effects.MayFail();
        Recheck(effects, table, name, change);
        foreach (var view in effects.Schema.ViewsOn(table).Where(v => DropColumnEffects.Uses(v, table, name)))
            effects.Fail($"view {view} reads {name} of {table}");
        if (table.Readers.Find(r => r.Columns.Contains(name)) is { } reader)
            effects.Fail($"{reader} of {table} reads {name}");
        if (table.PartitionKey.Contains(name))
            effects.Fail($"column {name} is in the partition key of {table}");
        foreach (var sequence in effects.Schema.SequencesOf(table).Where(s => s.OfColumns.Contains(name) && table.Column(name) is { IsIdentity: true }))
            effects.Lock(sequence, LockLevel.ShareRowExclusive);
        if (change.Lossy)
        {
            effects.Destroy(table);
            effects.MayFail();
        }

        if (table.Column(name) is { } column)
            column.Type = to;
    }

    // Indexes, checks and keys over the column are dropped and made again in the same breath.
    private static void Recheck(EffectBuilder effects, Relation table, string name, TypeChange change)
    {
        foreach (var index in table.Indexes.Where(i => i.OfColumns.Contains(name)).ToArray())
        {
            effects.Lock(index, LockLevel.AccessExclusive);
            // CheckIndexCompatible does not look into expressions and predicates: such an index is always built anew.
            // Neither does it look below a partitioned index (TryReuseIndex).
            if (change.RebuildsIndexes || index.IsPartialOrExpression || index.Parents.Count > 0)
                effects.Scan(table);
            if (index.Method is not ("" or "btree" or "hash"))
                effects.MayFail();
        }

        foreach (var constraint in table.Constraints.Where(c => c.Columns.Contains(name)))
        {
            if (constraint.Kind == ConstraintKind.Check)
                effects.Scan(table);
            if (constraint.Target is { } referenced)
                AlsoKey(effects, table, name, referenced, change.Rewrites && constraint.Valid);
        }

        foreach (var (referencing, key) in effects.Schema.KeysTo(table).Where(k => PointsAt(k.Key, table, name)).ToArray())
        {
            AlsoKey(effects, referencing, key.Name, table, change.Rewrites && key.Valid);
            effects.Lock(referencing, LockLevel.AccessExclusive);
        }
    }

    /// <summary>The key refers to one of these columns.</summary>
    public static bool PointsAtAny(Constraint key, Relation table, IEnumerable<string> columns)
    {
        var referenced = key.TargetColumns.Count > 0 ? key.TargetColumns : table.Constraints.Find(c => c.Kind == ConstraintKind.PrimaryKey)?.Columns ?? [];
        return columns.Any(referenced.Contains);
    }

    private static bool PointsAt(Constraint key, Relation table, string column) =>
        key.TargetColumns.Contains(column)
        || (key.TargetColumns.Count == 0 && (table.Constraints.Find(c => c.Kind == ConstraintKind.PrimaryKey)?.Columns.Contains(column) ?? true));

    private static void AlsoKey(EffectBuilder effects, Relation referencing, string name, Relation referenced, bool proves)
    {
        effects.Act(ActKind.ChangesTypeOfKey, referencing, name, referenced.ToString());
        foreach (var part in ConstraintEffects.WithPartitions(effects, referenced))
            effects.Lock(part, LockLevel.AccessExclusive);
        if (!proves)
            return;
        ConstraintEffects.Prove(effects, referencing, referenced);
    }

    private static void Report(EffectBuilder effects, Relation table, string name, SqlType to, TypeChange change)
    {
        var kind = change switch
        {
            { ByTimeZone: true } => ActKind.ChangesTypeByTimeZone,
            { Rewrites: true } => ActKind.ChangesTypeRewriting,
            { RebuildsIndexes: true } => ActKind.ChangesTypeRebuildingIndexes,
            _ => ActKind.ChangesTypeInPlace,
        };
        effects.Act(kind, table, name, to.ToString());
        if (change.Lossy)
            effects.Act(ActKind.ChangesTypeLossy, table, name, to.ToString());
        if (table.Column(name) is null)
            effects.MaybeIrreversible();
    }
}
