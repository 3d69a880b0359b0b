using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>ALTER TABLE commands about the table as a whole: storage, security, triggers, inheritance.</summary>
internal static class TableSettingEffects
{
    // Everything else of reloptions.c takes ACCESS EXCLUSIVE; those of indexes and views too.
    private static readonly string[] Weak = ["fillfactor", "parallel_workers", "toast_tuple_target", "vacuum_truncate", "vacuum_index_cleanup", "n_distinct", "log_autovacuum_min_duration"];

    public static void ClusterOn(AlterTarget target, SqlNode command)
    {
        target.Tune(LockLevel.ShareUpdateExclusive);
        target.Table.IsClustered = true;
        // As strongly as the statement holds the table: this comes last in it.
        var level = target.Effects.LockOn(target.Table);
        var index = target.Index(command.Text("name") ?? "");
        if (index is { IsPartialOrExpression: true, IsAssumed: false })
            target.Effects.MayFail();
        target.Effects.Lock(index, level);
    }

    public static void SetOptions(AlterTarget target, SqlNode command)
    {
        var names = (command.Node("def")?.List("items") ?? command.List("def")).Select(o => o.Text("defname") ?? "");
        var resets = command.Text("subtype") == "AT_ResetRelOptions";
        if ((!resets && target.Table.Kind == RelationKind.PartitionedTable) || target.Table.Of?.Kind == RelationKind.PartitionedTable)
            target.Effects.Fail($"{target.Table} is partitioned and has no storage of its own");
        var weak = names.All(n => Weak.Contains(n) || n.StartsWith("autovacuum", StringComparison.Ordinal));
        target.Tune(weak ? LockLevel.ShareUpdateExclusive : LockLevel.AccessExclusive);
    }

    public static void SetLogged(AlterTarget target, SqlNode command) => CopyTable(target, ActKind.SetsLogged, !target.Table.IsUnlogged && !target.Table.IsAssumed, false);

    public static void SetUnlogged(AlterTarget target, SqlNode command) => CopyTable(target, ActKind.SetsUnlogged, target.Table.IsUnlogged, true);

    private static void CopyTable(AlterTarget target, ActKind kind, bool isSo, bool unlogged)
    {
        var effects = target.Effects;
        effects.Lock(target.Table, LockLevel.AccessExclusive);
        effects.Expand();
        if (isSo)
            return;
        effects.Rewrite(target.Table);
        foreach (var sequence in effects.Schema.SequencesOf(target.Table))
            effects.Lock(sequence, LockLevel.AccessExclusive);
        CheckPersistence(effects, target.Table, unlogged);
        effects.Act(kind, target.Table);
        target.Table.IsUnlogged = unlogged;
    }

    // A logged table can not point at one that a crash empties.
    private static void CheckPersistence(EffectBuilder effects, Relation table, bool unlogged)
    {
        var neighbours = unlogged
            ? effects.Schema.KeysTo(table).Where(k => k.Table != table && !k.Table.IsUnlogged).Select(k => k.Table)
            : table.Constraints.Select(c => c.Target).OfType<Relation>().Where(t => t != table && t.IsUnlogged);
        foreach (var neighbour in neighbours)
            effects.Fail($"a foreign key ties {table} to {neighbour}");
    }

    public static void SetTablespace(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        target.Effects.Expand();
        if (target.Table.Kind == RelationKind.Index || command.Text("name") == "pg_default")
            return;
        target.Effects.NewFiles(target.Table);
        target.Effects.Act(ActKind.SetsTablespace, target.Table, command.Text("name") ?? "");
        target.Effects.MayFail();
    }

    public static void SetAccessMethod(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        target.Effects.Expand();
        // Everything is heap unless an extension brought another one.
        if (command.Text("name") is null or "heap")
            return;
        target.Effects.Rewrite(target.Table);
        target.Effects.Act(ActKind.SetsAccessMethod, target.Table, command.Text("name") ?? "");
        target.Effects.MayFail();
    }

    public static void ReplicaIdentity(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        if (command.Node("def")?.Text("name") is { } name && target.Index(name) is { } index)
        {
            target.Effects.Lock(index, LockLevel.Share);
            if (index is { IsAssumed: false, IsUnique: false })
                target.Effects.Fail($"{index} is not unique");
            if (index.OfColumns.Find(c => target.Table.Column(c) is { NotNull: false }) is { } nullable)
                target.Effects.Fail($"column {nullable} of {index} is not NOT NULL");
        }

        target.Effects.Act(ActKind.ChangesReplicaIdentity, target.Table);
        target.Effects.Expand(null);
    }

    public static void EnableRowSecurity(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        target.Table.RowSecurity = true;
        target.Effects.Act(
            target.Table.Policies.Count == 0 && !target.Table.IsAssumed ? ActKind.EnablesRowSecurityWithoutPolicy : ActKind.EnablesRowSecurity,
            target.Table);
        target.Effects.JudgeFor(target.Table, () => target.Effects.Contract(null));
    }

    public static void DisableRowSecurity(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        target.Table.RowSecurity = false;
        target.Effects.Act(ActKind.DisablesRowSecurity, target.Table);
        target.Effects.JudgeFor(target.Table, () => target.Effects.Expand(null));
    }

    public static void ForceRowSecurity(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        target.Effects.JudgeFor(target.Table, () => target.Effects.Contract(null));
    }

    public static void UnforceRowSecurity(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        target.Effects.Act(ActKind.UnforcesRowSecurity, target.Table);
        target.Effects.JudgeFor(target.Table, () => target.Effects.Expand(null));
    }

    public static void ChangeOwner(AlterTarget target, SqlNode command) =>
        MaintenanceEffects.ChangeOwner(target.Effects, target.Table, command.Node("newowner"));

    // By name, or all of them.
    private static void LockForTrigger(AlterTarget target, SqlNode command)
    {
        var name = command.Text("name");
        if (name is not null && target.Schema.IsComplete && !target.Table.IsPartition && !target.Table.Triggers.ContainsKey(name))
            target.Effects.FailMissing($"trigger {name} of {target.Table}", FailureKind.UndefinedObject);
        TableRuleEffects.LockFor(target.Effects, target.Table, name is null ? target.Table.RowTriggers : [name], LockLevel.ShareRowExclusive);
    }

    public static void DisableAllTriggers(AlterTarget target, SqlNode command)
    {
        LockForTrigger(target, command);
        target.Effects.Act(ActKind.DisablesAllTriggers, target.Table);
        target.Effects.JudgeFor(target.Table, () => target.Effects.Expand(null));
    }

    public static void DisableTrigger(AlterTarget target, SqlNode command)
    {
        LockForTrigger(target, command);
        target.Effects.Act(ActKind.DisablesTrigger, target.Table, command.Text("name") ?? "");
        target.Effects.JudgeFor(target.Table, () => target.Effects.Expand(null));
    }

    public static void EnableTrigger(AlterTarget target, SqlNode command)
    {
        LockForTrigger(target, command);
        target.Effects.Act(ActKind.OnlyMetadata, target.Table, command.Text("name") ?? "");
        target.Effects.JudgeFor(target.Table, () => target.Effects.Expand(null));
    }

    public static void Inherit(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        target.Effects.Expand(null);
        if (target.Effects.Need(command.Node("def")) is not { } parent)
            return;
        target.Effects.Lock(parent, LockLevel.ShareUpdateExclusive);
        if (target.Effects.IsCircle(parent, target.Table))
            return;
        if (target.Table.ColumnsAreKnown && parent.Columns.Find(c => target.Table.Column(c.Name) is null) is { } missing)
            target.Effects.Fail($"column {missing.Name} of {parent} is missing in {target.Table}");
        target.Table.Parents.Add(parent);
        parent.Children.Add(target.Table);
    }

    public static void Disinherit(AlterTarget target, SqlNode command)
    {
        target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
        target.Effects.Contract(null);
        if (target.Effects.Need(command.Node("def")) is not { } parent)
            return;
        if (target.Table.IsPartition)
            target.Effects.Fail($"{target.Table} is a partition: it is detached, not disinherited");
        target.Effects.Lock(parent, LockLevel.AccessShare);
        if (target.Schema.IsComplete && !target.Table.Parents.Contains(parent))
            target.Effects.Fail($"{target.Table} does not inherit from {parent}");
        target.Table.Parents.Remove(parent);
        parent.Children.Remove(target.Table);
    }
}
