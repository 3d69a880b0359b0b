using System.Collections.Frozen;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Plays a statement against a schema: says what it would do there and leaves the schema as it is after it.</summary>
/// <remarks>Sources: the manual's pages, AlterTableGetLockLevel and its callers; every claim is compared with a real server by LockClaims.</remarks>
public sealed class EffectModel(ISqlParser parser)
{
    private static readonly FrozenDictionary<string, Action<EffectBuilder, SqlNode>> Families =
        new Dictionary<string, Action<EffectBuilder, SqlNode>>(StringComparer.Ordinal)
        {
            ["CreateStmt"] = CreateTableEffects.Create,
            ["CreateForeignTableStmt"] = CreateTableEffects.CreateForeign,
            ["CreateTableAsStmt"] = CreateTableEffects.CreateAs,
            ["AlterTableStmt"] = AlterTableEffects.Alter,
            ["AlterTableMoveAllStmt"] = MaintenanceEffects.MoveAll,
            ["RenameStmt"] = RenameEffects.Rename,
            ["AlterObjectSchemaStmt"] = RenameEffects.SetSchema,
            ["AlterOwnerStmt"] = MaintenanceEffects.ChangeOwner,
            ["DropStmt"] = DropEffects.Drop,
            ["DropOwnedStmt"] = DropEffects.DropOwned,
            ["DropdbStmt"] = DropEffects.DropDatabase,
            ["TruncateStmt"] = DataEffects.Truncate,
            ["InsertStmt"] = DataEffects.Run,
            ["UpdateStmt"] = DataEffects.Run,
            ["DeleteStmt"] = DataEffects.Run,
            ["MergeStmt"] = DataEffects.Run,
            ["SelectStmt"] = DataEffects.Run,
            ["CopyStmt"] = DataEffects.Copy,
            ["PrepareStmt"] = DataEffects.Prepare,
            ["DeclareCursorStmt"] = DataEffects.Prepare,
            ["CallStmt"] = DataEffects.Call,
            ["IndexStmt"] = IndexEffects.Create,
            ["ReindexStmt"] = IndexEffects.Reindex,
            ["ViewStmt"] = ViewEffects.Create,
            ["RefreshMatViewStmt"] = ViewEffects.Refresh,
            ["CreateTrigStmt"] = TableRuleEffects.CreateTrigger,
            ["CreatePolicyStmt"] = TableRuleEffects.CreatePolicy,
            ["AlterPolicyStmt"] = TableRuleEffects.AlterPolicy,
            ["RuleStmt"] = TableRuleEffects.CreateRule,
            ["CreateStatsStmt"] = TableRuleEffects.CreateStatistics,
            ["CreateSeqStmt"] = SequenceEffects.Create,
            ["AlterSeqStmt"] = SequenceEffects.Alter,
            ["CreateDomainStmt"] = TypeEffects.CreateDomain,
            ["AlterDomainStmt"] = TypeEffects.AlterDomain,
            ["CreateEnumStmt"] = TypeEffects.CreateEnum,
            ["AlterEnumStmt"] = TypeEffects.AlterEnum,
            ["CompositeTypeStmt"] = TypeEffects.CreateComposite,
            ["CreateFunctionStmt"] = RoutineEffects.Create,
            ["AlterFunctionStmt"] = RoutineEffects.Alter,
            ["CreateSchemaStmt"] = MaintenanceEffects.CreateSchema,
            ["VacuumStmt"] = MaintenanceEffects.Vacuum,
            ["ClusterStmt"] = MaintenanceEffects.Cluster,
            ["LockStmt"] = MaintenanceEffects.LockTables,
            ["CommentStmt"] = MaintenanceEffects.Comment,
            ["GrantStmt"] = MaintenanceEffects.Grant,
            ["VariableSetStmt"] = MaintenanceEffects.Set,
            ["CreateExtensionStmt"] = MaintenanceEffects.CreateExtension,
            ["CreatePublicationStmt"] = MaintenanceEffects.Publish,
            ["AlterPublicationStmt"] = MaintenanceEffects.Publish,
            ["ExplainStmt"] = MaintenanceEffects.Explain,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    // They touch no relation and nothing that a query could meet.
    private static readonly FrozenSet<string> Harmless = new[]
    {
        "TransactionStmt", "VariableShowStmt", "ConstraintsSetStmt", "CheckPointStmt", "DiscardStmt", "ListenStmt", "UnlistenStmt",
        "NotifyStmt", "DeallocateStmt", "ClosePortalStmt", "FetchStmt", "LoadStmt", "CreateRoleStmt", "AlterRoleStmt", "AlterRoleSetStmt",
        "GrantRoleStmt", "AlterDefaultPrivilegesStmt", "AlterSystemStmt", "AlterDatabaseStmt", "AlterDatabaseSetStmt", "CreatedbStmt",
        "CreateTableSpaceStmt", "CreateAmStmt", "DefineStmt", "CreateCastStmt", "CreateConversionStmt", "CreateFdwStmt",
        "CreateForeignServerStmt", "CreateUserMappingStmt", "CreateEventTrigStmt", "AlterEventTrigStmt", "CreateOpClassStmt",
        "CreateOpFamilyStmt", "CreateRangeStmt", "CreateTransformStmt", "AlterExtensionStmt", "AlterTSConfigurationStmt",
        "AlterTSDictionaryStmt", "AlterCollationStmt", "CreateSubscriptionStmt", "AlterSubscriptionStmt", "CreatePLangStmt", "AlterTypeStmt",
        "DropRoleStmt", "AlterOperatorStmt",
    }.ToFrozenSet(StringComparer.Ordinal);

    public StatementEffect Play(SqlParseResult parsed, SchemaState schema)
    {
        schema.Statement++;
        var effects = new EffectBuilder(schema, parser);
        if (parsed.Tree is not { } statement)
            return NotSql(parsed, effects);
        NoteFreshEnumValues(effects, statement);
        if (statement.Is("DoStmt"))
            DoEffects.Do(effects, statement);
        else if (Families.TryGetValue(statement.Kind, out var family))
            family(effects, statement);
        else if (Harmless.Contains(statement.Kind))
            effects.Expand();
        else
            effects.Unclear();
        if (!effects.IsJudged)
            effects.Expand();
        return effects.Build(OutsideTransactionOnly.MayRunInTransaction(statement));
    }

    // 55P04: a value that this transaction added can not be used before it commits.
    private static void NoteFreshEnumValues(EffectBuilder effects, SqlNode statement)
    {
        if (statement.Is("TransactionStmt"))
            effects.Schema.FreshEnumValues.Clear();
        if (effects.Schema.FreshEnumValues.Count == 0 || statement.Kind is "AlterEnumStmt" or "CommentStmt" or "CreateFunctionStmt")
            return;
        foreach (var constant in statement.DescendantsAndSelf("A_Const"))
        {
            if (constant.Node("sval")?.Text("sval") is { } value && effects.Schema.FreshEnumValues.Contains(value))
                effects.Act(ActKind.UsesFreshEnumValue, RelationKey.None, value);
        }
    }

    /// <summary>Plays a statement as a part of another one, such as the body of DO.</summary>
    internal static void PlayInside(EffectBuilder effects, SqlNode statement)
    {
        if (Families.TryGetValue(statement.Kind, out var family))
            family(effects, statement);
        else if (!Harmless.Contains(statement.Kind))
            effects.Unclear();
    }

    private static StatementEffect NotSql(SqlParseResult parsed, EffectBuilder effects)
    {
        effects.Unclear();
        if (parsed.Error is { } error)
        {
            effects.Act(ActKind.TouchesUnknown, RelationKey.None, error.Message);
            if (!parsed.MayBeNewer)
                effects.Fail(error.Message);
        }

        return effects.Build(null);
    }
}
