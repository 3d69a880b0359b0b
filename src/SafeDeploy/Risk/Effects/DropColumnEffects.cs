using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>DROP COLUMN: instant, final, and it takes indexes, keys and (with CASCADE) views along.</summary>
internal static class DropColumnEffects
{
    public static void Drop(AlterTarget target, SqlNode command)
    {
        var name = command.Text("name") ?? "";
        var effects = target.Effects;
        var cascade = command.Text("behavior") == "DROP_CASCADE";
        effects.Lock(target.Table, LockLevel.AccessExclusive);
        if (target.Table.Column(name) is null && target.Table.ColumnsAreKnown)
        {
            if (!command.Flag("missing_ok"))
                effects.FailMissing($"column {name} of {target.Table}", FailureKind.UndefinedColumn);
            effects.Act(ActKind.ExistenceGuardStillLocks, target.Table, name, "column");
            effects.Expand();
            return;
        }

        target.LockTree(LockLevel.AccessExclusive);
        // With ONLY, those next below keep the column as their own: they are locked for that.
        foreach (var child in target.Only ? target.Table.Children : [])
            effects.Lock(child, LockLevel.AccessExclusive);
        if (target.Table.OfType is { } type)
            effects.Fail($"{target.Table} is a table of type {type}");
        if (target.Table.Column(name) is { IsInherited: true } || target.Table.IsPartition)
            effects.Fail($"column {name} of {target.Table} is inherited");
        if (target.Table.PartitionKey.Contains(name))
            effects.Fail($"column {name} is in the partition key of {target.Table}");
        effects.Act(ActKind.DropsColumn, target.Table, name);
        if (cascade)
            effects.Act(ActKind.Cascades, target.Table, name);
        if (target.Table.IsAssumed)
            effects.MayFail();
        effects.JudgeFor(IsNew(target.Table, name) ? target.Table : null, () => effects.Contract(false));
        foreach (var relation in target.Tree())
            DropFrom(effects, relation, name, cascade);
    }

    private static bool IsNew(Relation table, string column) => table.IsNew || table.Column(column) is { IsNew: true };

    private static void DropFrom(EffectBuilder effects, Relation table, string name, bool cascade)
    {
        if (table.Column(name) is not { IsNew: true })
            effects.Destroy(table);
        DropKeys(effects, table, name, cascade);
        DropIndexes(effects, table, name);
        // Before what reads it: that may read it in a circle, in a text that no server would take.
        if (table.Column(name) is { } column)
            table.Columns.Remove(column);
        DropReaders(effects, table, name, cascade);
        foreach (var sequence in effects.Schema.SequencesOf(table).Where(s => s.OfColumns.Contains(name)).ToArray())
        {
            effects.Lock(sequence, LockLevel.AccessExclusive);
            effects.Schema.Remove(sequence);
        }
    }

    private static void DropKeys(EffectBuilder effects, Relation table, string name, bool cascade)
    {
        foreach (var constraint in table.Constraints.Where(c => c.Columns.Contains(name)).ToArray())
        {
            // A CHECK over several columns depends on each of them all the same.
            effects.Act(ActKind.DropsColumnWithDependents, table, name, constraint.Name);
            DropEffects.RemoveConstraint(effects, table, constraint, cascade);
        }
    }

    private static void DropIndexes(EffectBuilder effects, Relation table, string name)
    {
        foreach (var index in table.Indexes.Where(i => i.OfColumns.Contains(name)).ToArray())
        {
            effects.Act(ActKind.DropsColumnWithDependents, table, name, index.Key.Name);
            IndexEffects.Remove(effects, index, LockLevel.AccessExclusive);
        }
    }

    private static void DropReaders(EffectBuilder effects, Relation table, string name, bool cascade)
    {
        foreach (var generated in table.Columns.Where(c => c.IsGenerated && c.Reads.Contains(name)).ToArray())
        {
            if (!cascade)
                effects.Fail($"generated column {generated.Name} of {table} reads {name}");
            DropFrom(effects, table, generated.Name, cascade);
        }

        foreach (var reader in table.Readers.Where(r => r.Columns.Contains(name)).ToArray())
        {
            if (!cascade)
                effects.Fail($"{reader} of {table} reads {name}");
            table.Readers.Remove(reader);
        }

        foreach (var view in effects.Schema.ViewsOn(table).Where(v => Uses(v, table, name)).ToArray())
        {
            if (!cascade)
                effects.Fail($"view {view} reads {name} of {table}");
            else
                DropEffects.RemoveRelation(effects, view, true);
        }
    }

    public static bool Uses(Relation view, Relation table, string column) =>
        view.Reads.TryGetValue(table, out var columns) && (columns.Contains(column) || columns.Contains("*"));
}
