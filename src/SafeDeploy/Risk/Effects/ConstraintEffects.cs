using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Constraints come, are proved and go.</summary>
internal static class ConstraintEffects
{
    public static void Add(AlterTarget target, SqlNode command)
    {
        if (command.Node("def") is not { } constraint)
            return;
        switch (TableDefinition.KindOf(constraint))
        {
            case ConstraintKind.Check:
                AddCheck(target, constraint);
                break;
            case ConstraintKind.ForeignKey:
                AddForeignKey(target, constraint);
                break;
            case ConstraintKind.Exclusion:
                AddExclusion(target, constraint);
                break;
            case ConstraintKind.Unique or ConstraintKind.PrimaryKey when constraint.Has("indexname"):
                UseIndex(target, constraint);
                break;
            case ConstraintKind.Unique or ConstraintKind.PrimaryKey:
                LockForKey(target, constraint);
                BuildKey(target, constraint, null);
                target.Effects.JudgeFor(target.Table, () => target.Effects.Contract(null));
                break;
        }
    }

    // On a partitioned table only the parent is altered; the partitions get their indexes as CREATE INDEX would make them.
    private static void LockForKey(AlterTarget target, SqlNode constraint)
    {
        var setsNotNull = TableDefinition.KindOf(constraint) == ConstraintKind.PrimaryKey
            && constraint.Names("keys").Any(k => target.Table.Column(k) is not { NotNull: true });
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        // What inherits gets the NOT NULL of a primary key, and no index.
        if (target.Table.Kind == RelationKind.PartitionedTable || setsNotNull)
            target.LockTree(target.Table.Kind == RelationKind.PartitionedTable && !setsNotNull ? LockLevel.Share : LockLevel.AccessExclusive);
    }

    private static void AddCheck(AlterTarget target, SqlNode constraint)
    {
        var tree = constraint.Flag("is_no_inherit") ? [target.Table] : target.Tree();
        foreach (var relation in tree)
            target.Effects.Lock(relation, LockLevel.AccessExclusive);
        var check = TableDefinition.Add(target.Effects, target.Table, constraint, null);
        var notValid = constraint.Flag("skip_validation");
        foreach (var relation in tree.Where(_ => !notValid))
            target.Effects.Scan(relation);
        foreach (var child in tree.Skip(1).Where(c => check is not null && c.Constraint(check.Name) is null))
            child.Constraints.Add(new Constraint(check!.Name, check.Kind, check.Columns) { Valid = check.Valid, Expression = check.Expression });
        if (!notValid && target.Table.HoldsRows)
            target.Effects.MayFail();
        target.Effects.Act(notValid ? ActKind.AddsCheckNotValid : ActKind.AddsCheck, target.Table, check?.Name ?? "");
        target.Effects.JudgeFor(OnlyNewColumns(target.Table, check), () => target.Effects.Contract(null));
    }

    private static void AddForeignKey(AlterTarget target, SqlNode constraint)
    {
        target.Effects.Lock(target.Table, LockLevel.ShareRowExclusive);
        if (target.Table.Kind == RelationKind.PartitionedTable)
            target.LockTree(LockLevel.ShareRowExclusive);
        var key = TableDefinition.Add(target.Effects, target.Table, constraint, null);
        if (key?.Target is not { } referenced)
            return;
        LockTarget(target.Effects, referenced);
        var notValid = constraint.Flag("skip_validation");
        if (!notValid)
            Prove(target.Effects, target.Table, referenced);
        else if (target.Table.Kind == RelationKind.PartitionedTable)
            target.Effects.Fail($"{target.Table} is partitioned, NOT VALID is refused");
        CheckTarget(target.Effects, target.Table, key, referenced);
        target.Effects.Act(notValid ? ActKind.AddsForeignKeyNotValid : ActKind.AddsForeignKey, target.Table, key.Name, referenced.ToString());
        target.Effects.JudgeFor(OnlyNewColumns(target.Table, key), () => target.Effects.Contract(null));
    }

    // RI_Initial_Check joins the two tables. Where there is no row to look up, the other table is not read, however large it is.
    public static void Prove(EffectBuilder effects, Relation table, Relation referenced)
    {
        var referencing = WithPartitions(effects, table);
        var isEmpty = !referencing.Any(r => r.HoldsRows);
        foreach (var relation in referencing.Concat(WithPartitions(effects, referenced)))
        {
            if (!isEmpty || referencing.Contains(relation))
                effects.Scan(relation);
            if (relation.Kind != RelationKind.PartitionedTable)
                effects.LockIndexes(relation, LockLevel.AccessShare);
        }

        if (table.HoldsRows)
            effects.MayFail();
    }

    /// <summary>A key is about a table and its partitions, never about what inherits from it.</summary>
    public static IReadOnlyList<Relation> WithPartitions(EffectBuilder effects, Relation table) =>
        new AlterTarget(effects, table, Only: table.Kind != RelationKind.PartitionedTable).Tree();

    /// <summary>The referenced table gets two triggers; those of its partitions too.</summary>
    public static void LockTarget(EffectBuilder effects, Relation referenced) =>
        new AlterTarget(effects, referenced, referenced.Kind != RelationKind.PartitionedTable).LockTree(LockLevel.ShareRowExclusive);

    /// <summary>A foreign key must point at a unique key, column by column of a type that can be compared.</summary>
    public static void CheckTarget(EffectBuilder effects, Relation table, Constraint key, Relation referenced)
    {
        if (!referenced.ColumnsAreKnown)
            return;
        var primary = referenced.Constraints.Find(c => c.Kind == ConstraintKind.PrimaryKey);
        var columns = key.TargetColumns.Count > 0 ? key.TargetColumns : primary?.Columns ?? [];
        foreach (var (own, other) in key.Columns.Zip(columns))
            CheckTypes(effects, (table, own), (referenced, other));
        if (key.TargetColumns.Count == 0 && primary is null)
            effects.Fail($"{referenced} has no primary key");
        else if (key.Columns.Count > 0 && columns.Count != key.Columns.Count)
            effects.Fail($"the key has {key.Columns.Count} columns, that of {referenced} has {columns.Count}");
        else if (key.TargetColumns.Count > 0 && !referenced.Indexes.Exists(i => i.IsUnique && Same(i.OfColumns, key.TargetColumns)))
            effects.Fail($"no unique key of {referenced} covers {string.Join(", ", key.TargetColumns)}");
    }

    private static void CheckTypes(EffectBuilder effects, (Relation Table, string Column) from, (Relation Table, string Column) to)
    {
        if (from.Table.Column(from.Column) is { } own && to.Table.Column(to.Column) is { } other && TypeCasts.AreComparable(own.Type, other.Type, effects.Schema) == false)
            effects.Fail($"{own.Name} of {from.Table} is {own.Type}, {other.Name} of {to.Table} is {other.Type}");
    }

    private static bool Same(IEnumerable<string> a, IEnumerable<string> b) => a.Order(StringComparer.Ordinal).SequenceEqual(b.Order(StringComparer.Ordinal));

    private static void AddExclusion(AlterTarget target, SqlNode constraint)
    {
        target.LockTree(LockLevel.AccessExclusive);
        target.Effects.Scan(target.Table);
        var added = TableDefinition.Add(target.Effects, target.Table, constraint, null);
        if (target.Table.HoldsRows)
            target.Effects.MayFail();
        target.Effects.Act(ActKind.AddsExclusion, target.Table, added?.Name ?? "");
        target.Effects.JudgeFor(target.Table, () => target.Effects.Contract(null));
    }

    /// <summary>UNIQUE and PRIMARY KEY without an index of their own: built under ACCESS EXCLUSIVE.</summary>
    public static void BuildKey(AlterTarget target, SqlNode constraint, string? column)
    {
        var isPrimary = TableDefinition.KindOf(constraint) == ConstraintKind.PrimaryKey;
        if (isPrimary && target.Table.Constraints.Exists(c => c.Kind == ConstraintKind.PrimaryKey))
            target.Effects.Fail($"{target.Table} has a primary key already");
        var setsNotNull = isPrimary && constraint.Names("keys").Any(k => target.Table.Column(k) is not { NotNull: true });
        var key = TableDefinition.Add(target.Effects, target.Table, constraint, column);
        foreach (var relation in setsNotNull || target.Only ? target.Tree() : WithPartitions(target.Effects, target.Table))
            target.Effects.Scan(relation);
        if (target.Table.HoldsRows)
            target.Effects.MayFail();
        target.Effects.Act(isPrimary ? ActKind.AddsPrimaryKey : ActKind.AddsKey, target.Table, key?.Name ?? "", string.Join(", ", key?.Columns ?? []));
    }

    private static void UseIndex(AlterTarget target, SqlNode constraint)
    {
        var effects = target.Effects;
        target.LockTree(LockLevel.AccessExclusive);
        var isPrimary = TableDefinition.KindOf(constraint) == ConstraintKind.PrimaryKey;
        var index = target.Index(constraint.Text("indexname") ?? "");
        // With another name than the constraint's it is renamed.
        effects.Lock(index, constraint.Text("conname") is { } name && name != index?.Key.Name ? LockLevel.ShareUpdateExclusive : LockLevel.AccessShare);
        if (index is { IsAssumed: false, IsUnique: false })
            effects.Fail($"{index} is not unique");
        if (isPrimary && index is not null && IsNullable(target.Table, index))
        {
            effects.Scan(target.Table);
            effects.MayFail();
            effects.Act(ActKind.AddsPrimaryKeyFromNullableIndex, target.Table, index.Key.Name);
        }

        var key = TableDefinition.Add(effects, target.Table, constraint, null);
        if (key?.Index is { } used && used.Key.Name != key.Name)
            effects.Schema.Rename(used, new RelationKey(used.Key.Schema, key.Name));
        effects.Act(ActKind.AddsKeyFromIndex, target.Table, key?.Name ?? "");
        effects.Expand();
    }

    // A primary key makes its columns NOT NULL: read from end to end where nothing proves it.
    private static bool IsNullable(Relation table, Relation index) =>
        index.OfColumns.Exists(c => table.Column(c) is { NotNull: false } && !ColumnEffects.IsProved(table, c));

    public static void Validate(AlterTarget target, SqlNode command)
    {
        var effects = target.Effects;
        effects.Lock(target.Table, LockLevel.ShareUpdateExclusive);
        var constraint = Find(target, command);
        if (constraint is { Kind: not (ConstraintKind.Check or ConstraintKind.ForeignKey) })
            effects.Fail($"constraint {constraint.Name} of {target.Table} is neither a CHECK nor a foreign key");
        effects.Act(ActKind.ValidatesConstraint, target.Table, command.Text("name") ?? "", constraint?.Target?.ToString() ?? "");
        effects.Expand();
        if (constraint is { Valid: true })
            return;
        effects.Scan(target.Table);
        if (target.Table.HoldsRows)
            effects.MayFail();
        if (constraint?.Target is { } referenced)
        {
            effects.Lock(referenced, LockLevel.RowShare);
            effects.Scan(referenced);
            effects.LockIndexes(referenced, LockLevel.AccessShare);
            effects.LockIndexes(target.Table, LockLevel.AccessShare);
        }

        if (constraint is null)
            return;
        constraint.Valid = true;
        foreach (var child in target.Tree().Skip(1).Where(_ => constraint.Kind == ConstraintKind.Check))
        {
            effects.Lock(child, LockLevel.ShareUpdateExclusive);
            effects.Scan(child);
            if (child.Constraint(constraint.Name) is { } copy)
                copy.Valid = true;
        }
    }

    public static void Drop(AlterTarget target, SqlNode command)
    {
        var effects = target.Effects;
        effects.Lock(target.Table, LockLevel.AccessExclusive);
        var name = command.Text("name") ?? "";
        if (target.Table.Constraint(name) is not { } constraint)
        {
            DropUnseen(target, command, name);
            return;
        }

        var cascade = command.Text("behavior") == "DROP_CASCADE";
        effects.Act(KindOfDrop(constraint.Kind), target.Table, name, constraint.Target?.ToString() ?? "");
        var everywhere = (constraint.Index is not null || constraint.Target is not null) && target.Table.Kind == RelationKind.PartitionedTable;
        // ONLY leaves out nothing of what belongs together.
        foreach (var child in (everywhere ? target with { Only = false } : target).Tree().Skip(1).Where(c => everywhere || c.Constraint(name) is not null))
        {
            effects.Lock(child, LockLevel.AccessExclusive);
            child.Constraints.RemoveAll(c => c.Name == name);
        }

        if (constraint.Index is { Parents.Count: > 0 } part)
            effects.Fail($"{part.Parents[0]} needs {part}");
        DropEffects.RemoveConstraint(effects, target.Table, constraint, cascade);
        effects.JudgeFor(target.Table, () => effects.Expand(null));
    }

    private static ActKind KindOfDrop(ConstraintKind kind) => kind switch
    {
        ConstraintKind.ForeignKey => ActKind.DropsForeignKey,
        ConstraintKind.PrimaryKey => ActKind.DropsPrimaryKey,
        _ => ActKind.DropsConstraint,
    };

    // Nothing but the name to go by: the server's own endings tell the kind.
    private static void DropUnseen(AlterTarget target, SqlNode command, string name)
    {
        var effects = target.Effects;
        if (target.Table.ColumnsAreKnown && effects.Schema.IsComplete)
        {
            if (!command.Flag("missing_ok"))
                effects.FailMissing($"constraint {name} of {target.Table}", FailureKind.UndefinedObject);
            // ATCheckPartitionsNotInUse comes first.
            if (target.Table.Kind == RelationKind.PartitionedTable)
                (target with { Only = false }).LockTree(LockLevel.AccessExclusive);
            effects.Act(ActKind.ExistenceGuardStillLocks, target.Table, name, "constraint");
            effects.Expand();
            return;
        }

        var kind = name.EndsWith("_fkey", StringComparison.Ordinal) || name.StartsWith("fk_", StringComparison.OrdinalIgnoreCase)
            ? ActKind.DropsForeignKey
            : name.EndsWith("_pkey", StringComparison.Ordinal) ? ActKind.DropsPrimaryKey : ActKind.DropsConstraint;
        effects.Act(kind, target.Table, name);
        effects.MayFail();
        effects.JudgeFor(target.Table, () => effects.Expand(null));
    }

    public static void Alter(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        if (Find(target, command.Node("def")?.Text("conname")) is { Kind: not ConstraintKind.ForeignKey } other)
            target.Effects.Fail($"constraint {other.Name} of {target.Table} is no foreign key");
        target.Effects.Act(ActKind.OnlyMetadata, target.Table);
        target.Effects.Expand(null);
    }

    private static Constraint? Find(AlterTarget target, SqlNode command) => Find(target, command.Text("name"));

    /// <summary>A constraint that has to be there.</summary>
    public static Constraint? Find(AlterTarget target, string? name)
    {
        var constraint = target.Table.Constraint(name ?? "");
        if (constraint is null && IsWholeIn(target))
            target.Effects.FailMissing($"constraint {name} of {target.Table}", FailureKind.UndefinedObject);
        else if (constraint is null)
            target.Effects.MayFail();
        return constraint;
    }

    // The server makes more keys for partitions, and for what refers to them, than anybody wrote.
    private static bool IsWholeIn(AlterTarget target) =>
        target.Table.ColumnsAreKnown && target.Schema.IsComplete && !target.Table.IsPartition
        && !target.Table.Constraints.Exists(c => c.Target is { Kind: RelationKind.PartitionedTable });

    private static Relation? OnlyNewColumns(Relation table, Constraint? constraint) =>
        table.IsNew || (constraint is { Columns.Count: > 0 } && constraint.Columns.All(c => table.Column(c) is { IsNew: true }))
            ? new Relation(table.Key, table.Kind) { IsNew = true }
            : table;
}
