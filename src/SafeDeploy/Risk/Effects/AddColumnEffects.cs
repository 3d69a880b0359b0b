using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>ADD COLUMN: instant when every old row can share one stored value, else the table is rewritten or read.</summary>
internal static class AddColumnEffects
{
    public static void Add(AlterTarget target, SqlNode command)
    {
        if (command.Node("def") is not { } definition)
            return;
        var column = ColumnDefinition.Of(definition);
        var effects = target.Effects;
        effects.Lock(target.Table, LockLevel.AccessExclusive);
        if (target.Table.Column(column.Name) is not null)
        {
            if (!command.Flag("missing_ok"))
                effects.FailTaken($"column {column.Name} of {target.Table}", FailureKind.DuplicateColumn);
            effects.Act(ActKind.ExistenceGuardStillLocks, target.Table, column.Name, "column");
            effects.Expand();
            return;
        }

        target.LockTree(LockLevel.AccessExclusive);
        if (target.Table.IsPartition)
            effects.Fail($"{target.Table} is a partition, columns are added to its parent");
        if (target.Table.OfType is { } type)
            effects.Fail($"{target.Table} is a table of type {type}");
        if (target.Tree().Skip(1).FirstOrDefault(c => c.Column(column.Name) is { } own && own.Type != column.Type.WithoutSerial()) is { } child)
            effects.Fail($"{child} has a column {column.Name} of another type");
        CheckDefault(effects, column);
        if (column.IsGenerated && Expressions.Columns(column.Default).Any(c => c == column.Name || target.Table.Column(c) is { IsGenerated: true }))
            effects.Fail($"generated column {column.Name} can not read a generated one");
        if (target.Only && target.Table.Children.Count > 0)
            effects.Fail($"{target.Table} has children, the column must be added to them too");
        effects.Act(ActKind.AddsColumn, target.Table, column.Name, column.Type.ToString());
        if (!command.Flag("missing_ok"))
            effects.Act(ActKind.NotReRunnable, target.Table, column.Name);
        foreach (var relation in target.Tree())
            AddTo(effects, relation, column);
        Constrain(target, column);
        Judge(effects, target.Table, column);
    }

    private static void CheckDefault(EffectBuilder effects, ColumnDefinition column)
    {
        if (column.Default is not { } given)
            return;
        if (column.IsGenerated && effects.Schema.IsComplete && Expressions.IsVolatile(given, effects.Schema))
            effects.Fail($"what makes {column.Name} is not immutable");
        if (!column.IsGenerated && (given.HoldsKind("SubLink") || given.HoldsKind("ColumnRef")))
            effects.Fail($"the default of {column.Name} can not read columns");
        if (given.Node("sval")?.Text("sval") is { } text && column.Type is { Name: "varchar" or "bpchar", Length: { } most } && text.Length > most)
            effects.Fail($"the default of {column.Name} is longer than {most}");
    }

    private static void AddTo(EffectBuilder effects, Relation table, ColumnDefinition column)
    {
        if (Rewrites(effects, table, column))
            effects.Rewrite(table);
        else if (column.NotNull && Expressions.IsNull(column.Default) && !column.FillsItself)
            effects.Scan(table);
        if (table.Column(column.Name) is not null)
            return;
        TableDefinition.AddColumn(effects, table, column);
        // The old rows take their numbers now.
        effects.Lock(table.Column(column.Name)?.Sequence, LockLevel.RowExclusive);
    }

    private static bool Rewrites(EffectBuilder effects, Relation table, ColumnDefinition column)
    {
        if (column.Type.IsSerial || column.IsIdentity)
            effects.Act(ActKind.AddsColumnSerial, table, column.Name, column.Type.ToString());
        else if (column.IsGenerated)
            effects.Act(ActKind.AddsColumnGenerated, table, column.Name);
        else if (effects.Schema.DomainOf(column.Type) is { } domain && effects.Schema.IsConstrained(domain))
            effects.Act(ActKind.AddsColumnOfConstrainedDomain, table, column.Name, column.Type.ToString());
        else if (!effects.Schema.IsComplete && effects.Schema.EnumOf(column.Type) is null && effects.Schema.DomainOf(column.Type) is null && UsualTypes.SoundsChecked(column.Type))
            effects.Act(ActKind.AddsColumnOfConstrainedDomain, table, column.Name, column.Type.ToString());
        else if (Expressions.IsVolatile(column.Default, effects.Schema))
            effects.Act(ActKind.AddsColumnRewriting, table, column.Name);
        else
            return false;
        return true;
    }

    private static void Constrain(AlterTarget target, ColumnDefinition column)
    {
        foreach (var constraint in column.Constraints)
        {
            switch (TableDefinition.KindOf(constraint))
            {
                case ConstraintKind.Check:
                    foreach (var relation in target.Tree())
                        target.Effects.Scan(relation);
                    target.Effects.Act(ActKind.AddsColumnChecked, target.Table, column.Name);
                    TableDefinition.Add(target.Effects, target.Table, constraint, column.Name);
                    break;
                case ConstraintKind.ForeignKey:
                    Refer(target, column, constraint);
                    break;
                case ConstraintKind.Unique or ConstraintKind.PrimaryKey:
                    ConstraintEffects.BuildKey(target, constraint, column.Name);
                    break;
            }
        }
    }

    // A column of NULLs refers to nothing: the server skips the check then, but not where DEFAULT NULL is written (transformAlterTableStmt).
    private static void Refer(AlterTarget target, ColumnDefinition column, SqlNode constraint)
    {
        var empty = column.Default is null && !column.FillsItself;
        var key = TableDefinition.Add(target.Effects, target.Table, constraint, column.Name);
        if (key?.Target is not { } referenced)
            return;
        if (referenced != target.Table)
            ConstraintEffects.CheckTarget(target.Effects, target.Table, key, referenced);
        ConstraintEffects.LockTarget(target.Effects, referenced);
        target.Effects.Act(empty ? ActKind.AddsForeignKeyNotValid : ActKind.AddsForeignKey, target.Table, key.Name, referenced.ToString());
        if (empty)
            return;
        ConstraintEffects.Prove(target.Effects, target.Table, referenced);
        target.Effects.MayFail();
    }

    private static void Judge(EffectBuilder effects, Relation table, ColumnDefinition column)
    {
        if (column.Type.Name == "json")
            effects.Act(ActKind.AddsJsonColumn, table, column.Name);
        if (column.Default is null && effects.Schema.DomainOf(column.Type) is { NotNull: true, HasDefault: false } && table.HoldsRows)
            Refuse(effects, table, column);
        if (!column.NotNull || column.FillsItself || column.Default is not null)
        {
            effects.Expand();
            return;
        }

        effects.Act(ActKind.AddsRequiredColumn, table, column.Name, column.Type.ToString());
        effects.JudgeFor(table, () => effects.Contract(false));
        if (table is { HoldsRows: true, IsAssumed: false } && effects.Schema.DomainOf(column.Type) is not { HasDefault: true })
            Refuse(effects, table, column);
        else if (table.HoldsRows)
            effects.MayFail();
    }

    private static void Refuse(EffectBuilder effects, Relation table, ColumnDefinition column)
    {
        if (table.IsAssumed)
            effects.MayFail();
        else
            effects.Fail($"column {column.Name} of {table} would hold NULL in the rows that are there");
    }
}
