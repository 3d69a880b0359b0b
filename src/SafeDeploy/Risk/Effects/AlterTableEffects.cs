using System.Collections.Frozen;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>ALTER TABLE, command by command; the lock is that of the strongest one (AlterTableGetLockLevel).</summary>
internal static class AlterTableEffects
{
    private static readonly FrozenDictionary<string, Action<AlterTarget, SqlNode>> Commands =
        new Dictionary<string, Action<AlterTarget, SqlNode>>(StringComparer.Ordinal)
        {
            ["AT_AddColumn"] = AddColumnEffects.Add,
            ["AT_DropColumn"] = DropColumnEffects.Drop,
            ["AT_AlterColumnType"] = ColumnTypeEffects.Change,
            ["AT_SetNotNull"] = ColumnEffects.SetNotNull,
            ["AT_DropNotNull"] = ColumnEffects.DropNotNull,
            ["AT_ColumnDefault"] = ColumnEffects.SetDefault,
            ["AT_AddIdentity"] = ColumnEffects.AddIdentity,
            ["AT_DropIdentity"] = ColumnEffects.DropIdentity,
            ["AT_SetIdentity"] = ColumnEffects.SetIdentity,
            ["AT_DropExpression"] = ColumnEffects.DropExpression,
            ["AT_SetStatistics"] = (t, _) => t.TuneTree(LockLevel.ShareUpdateExclusive),
            ["AT_SetOptions"] = (t, _) => t.Tune(LockLevel.ShareUpdateExclusive),
            ["AT_ResetOptions"] = (t, _) => t.Tune(LockLevel.ShareUpdateExclusive),
            ["AT_SetStorage"] = (t, _) => t.TuneTree(LockLevel.AccessExclusive),
            ["AT_SetCompression"] = (t, _) => t.TuneTree(LockLevel.AccessExclusive),
            ["AT_AddConstraint"] = ConstraintEffects.Add,
            ["AT_DropConstraint"] = ConstraintEffects.Drop,
            ["AT_ValidateConstraint"] = ConstraintEffects.Validate,
            ["AT_AlterConstraint"] = ConstraintEffects.Alter,
            ["AT_AttachPartition"] = (t, c) => Attach(t, c),
            ["AT_DetachPartition"] = (t, c) => PartitionEffects.Detach(t.Effects, t.Table, c),
            ["AT_DetachPartitionFinalize"] = (t, c) => PartitionEffects.DetachFinalize(t.Effects, t.Table, c),
            ["AT_AddInherit"] = TableSettingEffects.Inherit,
            ["AT_DropInherit"] = TableSettingEffects.Disinherit,
            ["AT_SetLogged"] = TableSettingEffects.SetLogged,
            ["AT_SetUnLogged"] = TableSettingEffects.SetUnlogged,
            ["AT_SetTableSpace"] = TableSettingEffects.SetTablespace,
            ["AT_SetAccessMethod"] = TableSettingEffects.SetAccessMethod,
            ["AT_ClusterOn"] = TableSettingEffects.ClusterOn,
            ["AT_DropCluster"] = (t, _) => t.Tune(LockLevel.ShareUpdateExclusive),
            ["AT_SetRelOptions"] = TableSettingEffects.SetOptions,
            ["AT_ResetRelOptions"] = TableSettingEffects.SetOptions,
            ["AT_ReplicaIdentity"] = TableSettingEffects.ReplicaIdentity,
            ["AT_EnableRowSecurity"] = TableSettingEffects.EnableRowSecurity,
            ["AT_DisableRowSecurity"] = TableSettingEffects.DisableRowSecurity,
            ["AT_ForceRowSecurity"] = TableSettingEffects.ForceRowSecurity,
            ["AT_NoForceRowSecurity"] = TableSettingEffects.UnforceRowSecurity,
            ["AT_ChangeOwner"] = TableSettingEffects.ChangeOwner,
            ["AT_DisableTrigAll"] = TableSettingEffects.DisableAllTriggers,
            ["AT_DisableTrigUser"] = TableSettingEffects.DisableTrigger,
            ["AT_DisableTrig"] = TableSettingEffects.DisableTrigger,
            ["AT_EnableTrig"] = TableSettingEffects.EnableTrigger,
            ["AT_EnableTrigAll"] = TableSettingEffects.EnableTrigger,
            ["AT_EnableTrigUser"] = TableSettingEffects.EnableTrigger,
            ["AT_EnableAlwaysTrig"] = TableSettingEffects.EnableTrigger,
            ["AT_EnableReplicaTrig"] = TableSettingEffects.EnableTrigger,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    public static void Alter(EffectBuilder effects, SqlNode statement)
    {
        var kind = statement.Text("objtype") switch
        {
            "OBJECT_VIEW" => RelationKind.View,
            "OBJECT_MATVIEW" => RelationKind.MaterializedView,
            "OBJECT_INDEX" => RelationKind.Index,
            "OBJECT_SEQUENCE" => RelationKind.Sequence,
            "OBJECT_TYPE" => RelationKind.CompositeType,
            _ => RelationKind.Table,
        };
        var relation = effects.Need(statement.Node("relation"), kind, statement.Flag("missing_ok"));
        if (relation is null)
        {
            effects.Expand();
            return;
        }

        if (relation.Kind == RelationKind.CompositeType)
        {
            TypeEffects.AlterComposite(effects, relation, statement);
            return;
        }

        var commands = statement.List("cmds");
        var target = new AlterTarget(effects, relation, Only: !(statement.Node("relation")?.Flag("inh") ?? true)) { Commands = commands };
        foreach (var command in commands.OrderBy(PassOf))
            Alter(target, command);
    }

    // The server goes through a statement's commands in passes (AT_PASS_DROP and those after it), not as they are written.
    private static int PassOf(SqlNode command) => command.Text("subtype") switch
    {
        "AT_DropColumn" or "AT_DropConstraint" or "AT_DropNotNull" or "AT_DropExpression" or "AT_DropIdentity" => 0,
        "AT_ColumnDefault" when !command.Has("def") => 0,
        "AT_AlterColumnType" => 1,
        "AT_AddColumn" => 2,
        "AT_AddConstraint" => command.Node("def") is not { } constraint ? 6 : TableDefinition.KindOf(constraint) switch
        {
            ConstraintKind.PrimaryKey or ConstraintKind.Unique => 4,
            ConstraintKind.Check => 3,
            _ => 5,
        },
        "AT_SetNotNull" or "AT_SetIdentity" => 3,
        "AT_ColumnDefault" or "AT_AddIdentity" => 5,
        _ => 6,
    };

    private static void Alter(AlterTarget target, SqlNode command)
    {
        var subtype = command.Text("subtype") ?? "";
        if (!Allows(target.Table.Kind, subtype))
            target.Effects.Fail($"{target.Table} is {target.Table.KindInWords}, and this is for tables");
        if (Commands.TryGetValue(subtype, out var run))
            run(target, command);
        else
        {
            target.Effects.Lock(target.Table, LockLevel.AccessExclusive);
            target.Effects.MayFail();
            target.Effects.Contract(null);
        }
    }

    // ATSimplePermissions: what may be done to relations that are no tables.
    private static bool Allows(RelationKind kind, string subtype) => kind switch
    {
        RelationKind.View => subtype is "AT_ColumnDefault" or "AT_SetRelOptions" or "AT_ResetRelOptions" or "AT_ChangeOwner",
        RelationKind.MaterializedView => subtype is "AT_SetStatistics" or "AT_SetOptions" or "AT_ResetOptions" or "AT_SetStorage" or "AT_SetCompression"
            or "AT_ClusterOn" or "AT_DropCluster" or "AT_SetAccessMethod" or "AT_SetTableSpace" or "AT_SetRelOptions" or "AT_ResetRelOptions" or "AT_ReplicaIdentity" or "AT_ChangeOwner",
        RelationKind.Index => subtype is "AT_SetStatistics" or "AT_SetTableSpace" or "AT_SetRelOptions" or "AT_ResetRelOptions" or "AT_AttachPartition" or "AT_ChangeOwner",
        RelationKind.Sequence => subtype is "AT_SetLogged" or "AT_SetUnLogged" or "AT_ChangeOwner",
        _ => true,
    };

    private static void Attach(AlterTarget target, SqlNode command)
    {
        if (target.Table.Kind == RelationKind.Index)
            IndexEffects.Attach(target.Effects, target.Table, command);
        else
            PartitionEffects.Attach(target.Effects, target.Table, command);
    }
}

/// <summary>The table that a command alters, with those below it that the command reaches.</summary>
internal sealed record AlterTarget(EffectBuilder Effects, Relation Table, bool Only)
{
    public SchemaState Schema => Effects.Schema;

    /// <summary>All that the statement does to the table, in order; empty where it is no ALTER TABLE.</summary>
    public IReadOnlyList<SqlNode> Commands { get; init; } = [];

    /// <summary>The table, then its partitions and inheritance children at any depth.</summary>
    public IReadOnlyList<Relation> Tree()
    {
        var all = new List<Relation> { Table };
        for (var i = 0; i < all.Count && !Only; i++)
            all.AddRange(all[i].Children.Where(c => !all.Contains(c)));
        return all;
    }

    public void LockTree(LockLevel level)
    {
        foreach (var relation in Tree())
            Effects.Lock(relation, level);
        if (Table.Children.Any(c => c.HoldsRows) && !Only && level.BlocksWrites())
            Effects.Act(ActKind.FansOutToChildren, Table, "", $"{Tree().Count - 1}");
    }

    /// <summary>A setting that no query can notice.</summary>
    public void Tune(LockLevel level)
    {
        Effects.Lock(Table, level);
        Effects.Act(ActKind.OnlyMetadata, Table);
        Effects.Expand();
    }

    public Column? Column(string? name)
    {
        var column = name is null ? null : Table.Column(name);
        if (column is null && Table.ColumnsAreKnown && Table.IsTable)
            Effects.FailMissing($"column {name} of {Table}", FailureKind.UndefinedColumn);
        if (column is null)
            Effects.MayFail();
        return column;
    }

    /// <summary>One that what inherits gets too.</summary>
    public void TuneTree(LockLevel level)
    {
        foreach (var relation in Tree())
            Effects.Lock(relation, level);
        Tune(level);
    }

    /// <summary>An index that a command names; null says that it is not there, or not known.</summary>
    public Relation? Index(string name)
    {
        var index = Schema.Find(new RelationName(Table.Key.Schema, name));
        if (index is null && Schema.IsComplete)
            Effects.FailMissing($"index {name}", FailureKind.UndefinedObject);
        else if (index is { IsAssumed: false } && index.Of != Table)
            Effects.Fail($"{index} is no index of {Table}");
        if (index is null)
            Effects.MayFail();
        return index;
    }
}
