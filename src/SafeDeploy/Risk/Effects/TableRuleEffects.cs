using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Triggers, policies, rules and extended statistics: things that hang on a table.</summary>
internal static class TableRuleEffects
{
    public static void CreateTrigger(EffectBuilder effects, SqlNode statement)
    {
        if (effects.Need(statement.Node("relation")) is not { } table)
            return;
        var isForRows = statement.Flag("row");
        new AlterTarget(effects, table, table.Kind != RelationKind.PartitionedTable || !isForRows).LockTree(LockLevel.ShareRowExclusive);
        if (statement.Node("constrrel") is { } other)
            effects.Lock(effects.Need(other), LockLevel.AccessShare);
        var name = statement.Text("trigname") ?? "";
        table.Triggers[name] = statement.LastName("funcname");
        if (isForRows)
            table.RowTriggers.Add(name);
        table.Readers.Add(new ColumnReader("trigger", name, new HashSet<string>([.. statement.Names("columns"), .. Expressions.Columns(statement.Node("whenClause"))], StringComparer.Ordinal)));
        // Its function may be missing, or give back something else.
        if (!effects.Schema.Routines.Keys.Any(r => r.Name == statement.LastName("funcname")))
            effects.MayFail();
        effects.Act(ActKind.CreatesTrigger, table, statement.Text("trigname") ?? "");
        effects.JudgeFor(table, () => effects.Contract(null));
    }

    public static void CreatePolicy(EffectBuilder effects, SqlNode statement)
    {
        if (effects.Need(statement.Node("table")) is not { } table)
            return;
        effects.Lock(table, LockLevel.AccessExclusive);
        ReadExpressions(effects, statement, table);
        table.Policies.Add(statement.Text("policy_name") ?? "");
        table.Readers.Add(new ColumnReader("policy", statement.Text("policy_name") ?? "", new HashSet<string>(
            [.. Expressions.Columns(statement.Node("qual")), .. Expressions.Columns(statement.Node("with_check"))], StringComparer.Ordinal)));
        effects.Act(ActKind.CreatesPolicy, table, statement.Text("policy_name") ?? "");
        effects.JudgeFor(table, () => effects.Contract(null));
    }

    public static void AlterPolicy(EffectBuilder effects, SqlNode statement)
    {
        if (effects.Need(statement.Node("table")) is not { } table)
            return;
        effects.Lock(table, LockLevel.AccessExclusive);
        ReadExpressions(effects, statement, table);
        effects.JudgeFor(table, () => effects.Contract(null));
    }

    private static void ReadExpressions(EffectBuilder effects, SqlNode statement, Relation table)
    {
        foreach (var part in new[] { statement.Node("qual"), statement.Node("with_check") }.OfType<SqlNode>())
        {
            foreach (var relation in QueryEffects.Relations(effects, part).Where(r => r != table))
            {
                effects.Lock(relation, LockLevel.AccessShare);
                table.ReadByPolicies.Add(relation);
            }
        }
    }

    public static void CreateRule(EffectBuilder effects, SqlNode statement)
    {
        if (effects.Need(statement.Node("relation")) is not { } table)
            return;
        effects.Lock(table, LockLevel.AccessExclusive);
        table.Rules.Add(statement.Text("rulename") ?? "");
        effects.Act(ActKind.CreatesRule, table, statement.Text("rulename") ?? "");
        effects.JudgeFor(table, () => effects.Contract(null));
        foreach (var action in statement.List("actions"))
        {
            if (action.Kind is "InsertStmt" or "UpdateStmt" or "DeleteStmt")
                effects.Lock(effects.Need(action.Node("relation")), LockLevel.RowExclusive);
            foreach (var relation in QueryEffects.Relations(effects, action).Where(r => r != table && r.Key.Name is not ("new" or "old")))
                effects.Lock(relation, LockLevel.AccessShare);
        }
    }

    public static void CreateStatistics(EffectBuilder effects, SqlNode statement)
    {
        foreach (var relation in statement.List("relations").Select(r => effects.Need(r)))
        {
            effects.Lock(relation, LockLevel.ShareUpdateExclusive);
            relation?.Statistics.Add(GivenNames.Of(statement.Names("defnames")).Name);
        }

        effects.Expand();
    }

    /// <summary>DROP TRIGGER, POLICY or RULE: the names are table and object.</summary>
    public static void Drop(EffectBuilder effects, DropRequest drop)
    {
        var name = drop.Names[^1];
        if (effects.Need(GivenNames.Of([.. drop.Names.SkipLast(1)]), missingOk: drop.MissingOk) is not { } table)
        {
            effects.Expand();
            return;
        }

        var kind = drop.Type switch
        {
            "OBJECT_TRIGGER" => ActKind.DropsTrigger,
            "OBJECT_RULE" => ActKind.DropsRule,
            _ => table.Policies is [var only] && only == name && table.RowSecurity ? ActKind.DropsLastPolicy : ActKind.DropsPolicy,
        };
        if (!Exists(table, drop.Type, name) && (effects.Schema.IsComplete || (drop.MissingOk && !table.IsAssumed)))
        {
            if (!drop.MissingOk)
                effects.FailMissing($"{name} on {table}", FailureKind.UndefinedObject);
            // Looked up under ACCESS SHARE, which is given back where nothing is found, unlike columns and constraints.
            effects.Expand();
            return;
        }

        LockFor(effects, table, [name], LockLevel.AccessExclusive);
        effects.Act(kind, table, name);
        table.Triggers.Remove(name);
        table.RowTriggers.Remove(name);
        table.Policies.Remove(name);
        table.Rules.Remove(name);
        table.Readers.RemoveAll(r => r.Name == name && r.Kind == (kind == ActKind.DropsTrigger ? "trigger" : "policy"));
        effects.JudgeFor(table, () => effects.Expand(null));
    }

    /// <summary>A table whose triggers change; its partitions too, where the trigger is one for rows.</summary>
    public static void LockFor(EffectBuilder effects, Relation table, IReadOnlyCollection<string> triggers, LockLevel level)
    {
        effects.Lock(table, level);
        if (table.Kind == RelationKind.PartitionedTable && table.RowTriggers.Overlaps(triggers))
            new AlterTarget(effects, table, Only: false).LockTree(level);
    }

    /// <summary>DROP STATISTICS lets everybody work.</summary>
    public static void DropStatistics(EffectBuilder effects, DropRequest drop)
    {
        var name = drop.Names[^1];
        effects.Expand();
        var tables = effects.Schema.Relations.Where(r => r.Statistics.Remove(name)).ToArray();
        foreach (var table in tables)
            effects.Lock(table, LockLevel.ShareUpdateExclusive);
        if (tables.Length == 0 && !effects.Schema.IsComplete)
            effects.LockUnseen(LockLevel.ShareUpdateExclusive, works: false);
    }

    private static bool Exists(Relation table, string type, string name) => type switch
    {
        "OBJECT_TRIGGER" => table.Triggers.ContainsKey(name),
        "OBJECT_RULE" => table.Rules.Contains(name),
        _ => table.Policies.Contains(name),
    };
}
