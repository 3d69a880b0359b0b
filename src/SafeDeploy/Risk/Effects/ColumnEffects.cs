using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>What ALTER COLUMN sets on a column without touching its type.</summary>
internal static class ColumnEffects
{
    public static void SetNotNull(AlterTarget target, SqlNode command)
    {
        var name = command.Text("name") ?? "";
        var effects = target.Effects;
        effects.Lock(target.Table, LockLevel.AccessExclusive);
        if (target.Column(name) is { NotNull: true })
        {
            effects.Act(ActKind.SetsNotNullProved, target.Table, name);
            effects.Expand();
            return;
        }

        target.LockTree(LockLevel.AccessExclusive);
        var proved = true;
        foreach (var relation in target.Tree())
            proved &= SetNotNull(effects, relation, name);
        effects.Act(proved ? ActKind.SetsNotNullProved : ActKind.SetsNotNull, target.Table, name);
        effects.JudgeFor(IsNew(target, name), () => effects.Contract(null));
    }

    private static bool SetNotNull(EffectBuilder effects, Relation table, string name)
    {
        var column = table.Column(name);
        var proved = column is { NotNull: true } || IsProved(table, name);
        if (!proved)
        {
            effects.Scan(table);
            if (table.HoldsRows)
                effects.MayFail();
        }

        if (column is not null)
            column.NotNull = true;
        return proved;
    }

    /// <summary>A valid CHECK says so already: the server then skips the scan (NotNullImpliedByRelConstraints, since 12).</summary>
    public static bool IsProved(Relation table, string column) => table.Constraints.Any(c =>
        c is { Kind: ConstraintKind.Check, Valid: true } && Expressions.ProvesNotNull(c.Expression, column));

    public static void DropNotNull(AlterTarget target, SqlNode command)
    {
        target.LockTree(LockLevel.AccessExclusive);
        var column = target.Column(command.Text("name"));
        if (column is not null && target.Table.Constraints.Any(c => c.Kind == ConstraintKind.PrimaryKey && c.Columns.Contains(column.Name)))
            target.Effects.Fail($"column {column.Name} is in the primary key of {target.Table}");
        if (column is not null && target.Table.IsPartition && target.Table.Parents.Exists(p => p.Column(column.Name) is { NotNull: true }))
            target.Effects.Fail($"column {column.Name} of {target.Table} is inherited as NOT NULL");
        if (column is not null)
            column.NotNull = false;
        target.Effects.Act(ActKind.DropsNotNull, target.Table, command.Text("name") ?? "");
        target.Effects.JudgeFor(IsNew(target, command.Text("name")), () => target.Effects.Expand(null));
    }

    public static void SetDefault(AlterTarget target, SqlNode command)
    {
        var isView = target.Table.Kind == RelationKind.View;
        if (isView)
            target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        else
            target.LockTree(LockLevel.AccessExclusive);
        var name = command.Text("name") ?? "";
        if (target.Column(name) is { } column)
            (column.HasDefault, column.Sequence) = (command.Has("def"), SequenceEffects.Called(target.Effects, command.Node("def")));
        target.Effects.Act(command.Has("def") ? ActKind.SetsDefault : ActKind.DropsDefault, target.Table, name);
        target.Effects.JudgeFor(IsNew(target, name), () => Judge(target, command, name));
    }

    // Without its default, a column that must be filled refuses the old image's INSERTs.
    private static void Judge(AlterTarget target, SqlNode command, string name)
    {
        if (command.Has("def"))
            target.Effects.Expand(null);
        else if (target.Table.Column(name) is { NotNull: true })
            target.Effects.Contract(false);
        else
            target.Effects.Contract(null);
    }

    public static void AddIdentity(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        if (target.Column(command.Text("name")) is { } column)
        {
            if (column.HasDefault || column.IsIdentity)
                target.Effects.Fail($"column {column.Name} of {target.Table} has a default already");
            if (!column.NotNull)
                target.Effects.Fail($"column {column.Name} of {target.Table} is not NOT NULL");
            column.IsIdentity = true;
            TableDefinition.AddSequence(target.Schema, target.Table, column.Name);
        }

        target.Effects.Act(ActKind.OnlyMetadata, target.Table, command.Text("name") ?? "");
        target.Effects.Expand(null);
    }

    public static void DropIdentity(AlterTarget target, SqlNode command)
    {
        var name = command.Text("name") ?? "";
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        if (target.Column(name) is { IsIdentity: true } column)
            column.IsIdentity = false;
        else if (target.Table.ColumnsAreKnown && !command.Flag("missing_ok"))
            target.Effects.Fail($"column {name} of {target.Table} is no identity column");
        foreach (var sequence in target.Schema.SequencesOf(target.Table).Where(s => s.OfColumns.Contains(name)).ToArray())
        {
            target.Effects.Lock(sequence, LockLevel.AccessExclusive);
            target.Schema.Remove(sequence);
        }

        target.Effects.Act(ActKind.DropsIdentity, target.Table, name);
        target.Effects.JudgeFor(IsNew(target, name), () => target.Effects.Contract(null));
    }

    public static void SetIdentity(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        if (target.Column(command.Text("name")) is { IsIdentity: false } column)
            target.Effects.Fail($"column {column.Name} of {target.Table} is no identity column");
        foreach (var sequence in target.Schema.SequencesOf(target.Table).Where(s => s.OfColumns.Contains(command.Text("name") ?? "")))
            target.Effects.Lock(sequence, LockLevel.ShareRowExclusive);
        target.Effects.Expand(null);
    }

    public static void DropExpression(AlterTarget target, SqlNode command)
    {
        target.LockTree(LockLevel.AccessExclusive);
        if (target.Column(command.Text("name")) is { } column)
        {
            if (!column.IsGenerated && !command.Flag("missing_ok"))
                target.Effects.Fail($"column {column.Name} of {target.Table} is not generated");
            column.IsGenerated = false;
        }

        target.Effects.Irreversible();
        target.Effects.Contract(null);
    }

    /// <summary>The table when the serving image can not know the column, else null.</summary>
    private static Relation? IsNew(AlterTarget target, string? column) =>
        target.Table.IsNew || column is null ? target.Table
        : target.Table.Column(column) is { IsNew: true } ? new Relation(target.Table.Key, target.Table.Kind) { IsNew = true } : null;
}
