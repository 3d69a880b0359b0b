using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>DROP of anything, with what falls with it.</summary>
internal static class DropEffects
{
    public static void Drop(EffectBuilder effects, SqlNode statement)
    {
        var cascade = statement.Text("behavior") == "DROP_CASCADE";
        var missingOk = statement.Flag("missing_ok");
        var type = statement.Text("removeType") ?? "";
        var drops = statement.List("objects").Select(item => new DropRequest(statement, type, NamesOf(item), cascade, missingOk)).ToArray();
        foreach (var drop in cascade ? drops : [])
            effects.Act(ActKind.Cascades, effects.Schema.KeyOf(GivenNames.Of(drop.Names)), "", type["OBJECT_".Length..]);
        if (type is "OBJECT_TABLE" or "OBJECT_VIEW" or "OBJECT_MATVIEW" or "OBJECT_SEQUENCE" or "OBJECT_FOREIGN_TABLE")
            DropRelations(effects, drops);
        else
            Array.ForEach(drops, drop => DropOne(effects, drop));
    }

    private static IReadOnlyList<string> NamesOf(SqlNode item) => item.Kind switch
    {
        "List" => item.Names("items"),
        "TypeName" => item.Names("names"),
        "ObjectWithArgs" => item.Names("objname"),
        _ => [item.Text("sval") ?? ""],
    };

    private static void DropOne(EffectBuilder effects, DropRequest drop)
    {
        switch (drop.Type)
        {
            case "OBJECT_INDEX":
                IndexEffects.Drop(effects, drop);
                break;
            case "OBJECT_TRIGGER" or "OBJECT_POLICY" or "OBJECT_RULE":
                TableRuleEffects.Drop(effects, drop);
                break;
            case "OBJECT_SCHEMA":
                DropSchema(effects, drop);
                break;
            case "OBJECT_TYPE" or "OBJECT_DOMAIN":
                TypeEffects.Drop(effects, drop);
                break;
            case "OBJECT_FUNCTION" or "OBJECT_PROCEDURE" or "OBJECT_ROUTINE" or "OBJECT_AGGREGATE":
                RoutineEffects.Drop(effects, drop);
                break;
            case "OBJECT_STATISTIC_EXT":
                TableRuleEffects.DropStatistics(effects, drop);
                break;
            case "OBJECT_EXTENSION":
                DropExtension(effects, drop);
                break;
            default:
                effects.Contract(null);
                effects.MayFail();
                break;
        }
    }

    private static RelationKind KindOf(string type) => type switch
    {
        "OBJECT_VIEW" => RelationKind.View,
        "OBJECT_MATVIEW" => RelationKind.MaterializedView,
        "OBJECT_SEQUENCE" => RelationKind.Sequence,
        _ => RelationKind.Table,
    };

    // What is named in one statement goes at once: none of it holds another (performMultipleDeletions).
    private static void DropRelations(EffectBuilder effects, IReadOnlyList<DropRequest> drops)
    {
        var relations = drops.Select(drop => Named(effects, drop)).OfType<Relation>().Distinct().ToArray();
        effects.Falling.UnionWith(relations);
        var cascade = drops[0].Cascade;
        // One that reads another is gone when its turn comes.
        foreach (var relation in relations.Where(effects.Schema.Holds))
        {
            if (relation.Kind == RelationKind.Sequence)
            {
                CheckOwner(effects, relation);
                SequenceEffects.LeaveDefaults(effects, relation, cascade);
            }

            // A sequence falls with CASCADE because the default of a column uses it.
            if (relation is { Kind: RelationKind.Sequence, IsAssumed: true } && cascade)
                effects.LockUnseen(LockLevel.AccessExclusive, works: false);
            RemoveRelation(effects, relation, cascade);
        }
    }

    private static void CheckOwner(EffectBuilder effects, Relation sequence)
    {
        if (sequence.Of is { } table && table.Columns.Find(c => c.IsIdentity && sequence.OfColumns.Contains(c.Name)) is { } column)
            effects.Fail($"identity column {column.Name} of {table} needs {sequence}");
    }

    private static Relation? Named(EffectBuilder effects, DropRequest drop)
    {
        if (effects.Need(GivenNames.Of(drop.Names), KindOf(drop.Type), drop.MissingOk) is not { } relation)
        {
            effects.Expand();
            return null;
        }

        if (!Fits(drop.Type, relation.Kind))
            effects.Fail($"{relation} is {relation.KindInWords}");
        effects.Act(KindOfAct(drop.Type, relation), relation);
        if (relation.Kind == RelationKind.Sequence)
            effects.JudgeFor(relation, () => effects.Contract(drop.Cascade ? false : null));
        else if (relation.IsDisposable)
            effects.Expand();
        else
            effects.Contract(false);
        return relation;
    }

    private static bool Fits(string type, RelationKind kind) => kind switch
    {
        RelationKind.View => type == "OBJECT_VIEW",
        RelationKind.MaterializedView => type == "OBJECT_MATVIEW",
        RelationKind.Sequence => type == "OBJECT_SEQUENCE",
        RelationKind.Table or RelationKind.PartitionedTable => type == "OBJECT_TABLE",
        _ => true,
    };

    private static ActKind KindOfAct(string type, Relation relation) => type switch
    {
        "OBJECT_VIEW" or "OBJECT_MATVIEW" => ActKind.DropsView,
        "OBJECT_SEQUENCE" => ActKind.DropsSequence,
        _ => relation.IsPartition ? ActKind.DropsPartition : ActKind.DropsTable,
    };

    /// <summary>A relation goes, with its indexes, its keys and everything that reads it.</summary>
    public static void RemoveRelation(EffectBuilder effects, Relation relation, bool cascade)
    {
        if (!effects.Gone.Add(relation))
            return;
        if (relation.Kind != RelationKind.CompositeType)
            effects.Lock(relation, LockLevel.AccessExclusive);
        if (relation.IsTable)
            effects.Destroy(relation);
        effects.LockIndexes(relation, LockLevel.AccessExclusive);
        RemoveNeighbours(effects, relation, cascade);
        foreach (var sequence in effects.Schema.SequencesOf(relation).ToArray())
        {
            effects.Lock(sequence, LockLevel.AccessExclusive);
            effects.Schema.Remove(sequence);
        }

        foreach (var index in relation.Indexes.ToArray())
            effects.Schema.Remove(index);
        effects.Schema.Remove(relation);
    }

    private static void RemoveNeighbours(EffectBuilder effects, Relation relation, bool cascade)
    {
        foreach (var (table, key) in effects.Schema.KeysTo(relation).Where(k => k.Table != relation).ToArray())
            RemoveReference(effects, relation, table, key, cascade);
        foreach (var constraint in relation.Constraints.ToArray())
            RemoveConstraint(effects, relation, constraint, cascade: true);
        foreach (var guarded in effects.Schema.Relations.Where(r => r != relation && r.ReadByPolicies.Remove(relation)).ToArray())
        {
            if (Holds(effects, guarded, cascade))
                effects.Fail($"a policy of {guarded} reads {relation}");
            effects.Lock(guarded, LockLevel.AccessExclusive);
        }

        foreach (var view in effects.Schema.ViewsOn(relation).ToArray())
        {
            if (Holds(effects, view, cascade))
                effects.Fail($"view {view} reads {relation}");
            RemoveRelation(effects, view, cascade);
        }

        LeaveParents(effects, relation, cascade);
        foreach (var child in relation.Children.ToArray())
        {
            if (Holds(effects, child, cascade) && relation.Kind != RelationKind.PartitionedTable)
                effects.Fail($"table {child} inherits from {relation}");
            RemoveRelation(effects, child, cascade);
        }
    }

    // What depends on a relation keeps it from being dropped, unless it goes too.
    private static bool Holds(EffectBuilder effects, Relation dependent, bool cascade) => !cascade && !effects.Falling.Contains(dependent);

    private static void LeaveParents(EffectBuilder effects, Relation relation, bool cascade)
    {
        foreach (var parent in relation.Parents.Where(p => p.Kind == RelationKind.PartitionedTable).ToArray())
        {
            effects.Lock(parent, LockLevel.AccessExclusive);
            effects.Lock(parent.Children.Find(c => c.IsDefaultPartition), LockLevel.AccessExclusive);
            if (effects.Falling.Contains(parent))
                continue;
            if (effects.Schema.KeysTo(parent).Any(k => Holds(effects, k.Table, cascade)))
                effects.Fail($"a foreign key refers to {parent}, of which {relation} is a part");
            foreach (var (table, key) in effects.Schema.KeysTo(parent).ToArray())
                RemoveReferenceToPart(effects, parent, table, key);
        }
    }

    // The key to the whole goes with one part of it.
    private static void RemoveReferenceToPart(EffectBuilder effects, Relation parent, Relation table, Constraint key)
    {
        foreach (var each in ConstraintEffects.WithPartitions(effects, parent).Concat(ConstraintEffects.WithPartitions(effects, table)))
            effects.Lock(each, LockLevel.AccessExclusive);
        table.Constraints.Remove(key);
    }

    private static void RemoveReference(EffectBuilder effects, Relation relation, Relation table, Constraint key, bool cascade)
    {
        if (Holds(effects, table, cascade))
            effects.Fail($"foreign key {key.Name} of {table} refers to {relation}");
        foreach (var referencing in ConstraintEffects.WithPartitions(effects, table))
            effects.Lock(referencing, LockLevel.AccessExclusive);
        table.Constraints.Remove(key);
    }

    /// <summary>A constraint goes; a foreign key's triggers live on both tables, so both are locked.</summary>
    public static void RemoveConstraint(EffectBuilder effects, Relation table, Constraint constraint, bool cascade)
    {
        foreach (var referenced in constraint.Target is { } target ? ConstraintEffects.WithPartitions(effects, target) : [])
            effects.Lock(referenced, LockLevel.AccessExclusive);
        if (constraint.Index is { } index)
        {
            RemoveReferencesTo(effects, table, constraint, cascade);
            IndexEffects.Remove(effects, index, LockLevel.AccessExclusive);
        }

        table.Constraints.Remove(constraint);
    }

    private static void RemoveReferencesTo(EffectBuilder effects, Relation table, Constraint unique, bool cascade)
    {
        foreach (var (referencing, key) in effects.Schema.KeysTo(table).Where(k => Uses(k.Key, unique)).ToArray())
        {
            if (!cascade)
                effects.Fail($"foreign key {key.Name} of {referencing} needs {unique.Name}");
            foreach (var each in ConstraintEffects.WithPartitions(effects, referencing))
                effects.Lock(each, LockLevel.AccessExclusive);
            referencing.Constraints.Remove(key);
        }
    }

    private static bool Uses(Constraint key, Constraint unique) =>
        key.TargetColumns.Count == 0 ? unique.Kind == ConstraintKind.PrimaryKey
        : key.TargetColumns.Order(StringComparer.Ordinal).SequenceEqual(unique.Columns.Order(StringComparer.Ordinal));

    private static void DropSchema(EffectBuilder effects, DropRequest drop)
    {
        var name = drop.Names[0];
        if (effects.Schema.IsComplete && !effects.Schema.Schemas.Contains(name))
        {
            if (!drop.MissingOk)
                effects.FailMissing($"schema {name}", FailureKind.UndefinedSchema);
            effects.Expand();
            return;
        }

        effects.Act(ActKind.DropsSchema, new RelationKey(name, ""), name);
        effects.Contract(false);
        var inside = effects.Schema.Relations.Where(r => r.Key.Schema == name && r.Kind is not (RelationKind.Index or RelationKind.Sequence)).ToArray();
        // RESTRICT locks everything before it finds out that it must fail.
        if (inside.Length > 0 && !drop.Cascade)
            effects.Fail($"schema {name} is not empty");
        foreach (var sequence in effects.Schema.Relations.Where(r => r is { Kind: RelationKind.Sequence, Of: null } && r.Key.Schema == name).ToArray())
        {
            effects.Lock(sequence, LockLevel.AccessExclusive);
            if (effects.Schema.Relations.Any(r => r.Key.Schema != name && r.Columns.Exists(c => c.Sequence == sequence)))
                SequenceEffects.LeaveDefaults(effects, sequence, drop.Cascade);
        }

        foreach (var relation in inside)
            RemoveRelation(effects, relation, true);
        if (!effects.Schema.IsComplete)
            DropUnseen(effects, name, drop.Cascade);
        foreach (var type in effects.Schema.Types.Where(k => k.Schema == name).ToArray())
            effects.Schema.RemoveType(type);
        effects.Schema.Schemas.Remove(name);
    }

    // What is in a schema that was seen being made was seen too.
    private static void DropUnseen(EffectBuilder effects, string schema, bool cascade)
    {
        effects.MayFail();
        if (!cascade || effects.Schema.Schemas.Contains(schema))
            return;
        effects.LockUnseen(LockLevel.AccessExclusive, works: false);
        effects.DestroyUnseen();
    }

    private static void DropExtension(EffectBuilder effects, DropRequest drop)
    {
        effects.Act(ActKind.DropsExtension, new RelationKey("", drop.Names[0]), drop.Names[0]);
        effects.Contract(null);
        effects.MayFail();
        if (drop.Cascade && !TypeEffects.DropColumnsOf(effects, t => t.Name == drop.Names[0]) && !effects.Schema.IsComplete)
            TypeEffects.DropUnseen(effects);
    }

    public static void DropOwned(EffectBuilder effects, SqlNode statement)
    {
        effects.Act(ActKind.DropsOwned, RelationKey.None);
        effects.DestroyUnseen();
        effects.MayFail();
        effects.Contract(false);
    }

    public static void DropDatabase(EffectBuilder effects, SqlNode statement)
    {
        effects.Act(ActKind.DropsDatabase, RelationKey.None, statement.Text("dbname") ?? "");
        effects.DestroyUnseen();
        effects.MayFail();
        effects.Contract(false);
    }
}

/// <summary>One object of a DROP statement.</summary>
internal sealed record DropRequest(SqlNode Statement, string Type, IReadOnlyList<string> Names, bool Cascade, bool MissingOk);
