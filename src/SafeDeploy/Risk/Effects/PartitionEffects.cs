using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Partitions come and go: the parent and the default partition are locked too.</summary>
internal static class PartitionEffects
{
    /// <summary>CREATE TABLE … PARTITION OF.</summary>
    public static void Join(EffectBuilder effects, Relation parent, Relation partition, SqlNode? bound)
    {
        effects.Lock(parent, LockLevel.AccessExclusive);
        if (parent is { IsAssumed: false, Kind: not RelationKind.PartitionedTable })
            effects.Fail($"{parent} is not partitioned");
        // Bounds may overlap.
        effects.MayFail();
        effects.Act(ActKind.CreatesPartition, partition.Key, "", parent.ToString(), parent.IsNew);
        parent.Kind = RelationKind.PartitionedTable;
        SetBound(partition, bound);
        CopyIndexes(effects, parent, partition);
        VisitDefault(effects, parent, partition);
        foreach (var target in parent.Constraints.Select(c => c.Target).OfType<Relation>())
            effects.Lock(target, LockLevel.ShareRowExclusive);
    }

    public static void Attach(EffectBuilder effects, Relation parent, SqlNode command)
    {
        var partition = effects.Need(command.Node("def")?.Node("name"));
        effects.Lock(parent, LockLevel.ShareUpdateExclusive);
        if (partition is null)
            return;
        effects.Lock(partition, LockLevel.AccessExclusive);
        effects.Act(ActKind.AttachesPartition, partition, "", parent.ToString());
        effects.Expand(partition.IsNew ? true : null);
        if (effects.IsCircle(parent, partition))
            return;
        parent.Kind = RelationKind.PartitionedTable;
        SetBound(partition, command.Node("def")?.Node("bound"));
        // Each index of the parent that the partition lacks is built on it.
        var lacksIndex = parent.Indexes.Exists(p => !partition.Indexes.Exists(i => i.OfColumns.SequenceEqual(p.OfColumns) && i.IsUnique == p.IsUnique));
        if (lacksIndex || !BoundProof.Implies(parent, partition))
            effects.Scan(partition);
        CopyIndexes(effects, parent, partition);
        effects.MayFail();
        foreach (var target in parent.Constraints.Select(c => c.Target).OfType<Relation>())
        {
            ConstraintEffects.LockTarget(effects, target);
            ConstraintEffects.Prove(effects, partition, target);
        }

        VisitDefault(effects, parent, partition);
        partition.Parents.Add(parent);
        parent.Children.Add(partition);
    }

    /// <summary>Every index of the parent has its like on each partition, made now or attached.</summary>
    private static void CopyIndexes(EffectBuilder effects, Relation parent, Relation partition)
    {
        foreach (var index in parent.Indexes)
        {
            effects.Lock(index, LockLevel.ShareUpdateExclusive);
            CopyIndex(effects.Schema, parent, index, partition);
        }
    }

    public static void CopyIndex(SchemaState schema, Relation parent, Relation index, Relation partition)
    {
        var like = partition.Indexes.Find(i => i.Parents.Count == 0 && i.IsUnique == index.IsUnique && i.OfColumns.SequenceEqual(index.OfColumns));
        var constraint = parent.Constraints.Find(c => c.Index == index);
        if (like is null)
        {
            var name = constraint is null
                ? GivenNames.Index(partition, index.OfColumns, schema)
                : GivenNames.Constraint(partition, constraint.Kind, constraint.Columns);
            like = TableDefinition.IndexOn(schema, partition, name, index.OfColumns, index.IsUnique);
            if (constraint is not null)
                partition.Constraints.Add(new Constraint(name, constraint.Kind, constraint.Columns) { Index = like });
        }

        like.Parents.Add(index);
        index.Children.Add(like);
        foreach (var below in partition.Kind == RelationKind.PartitionedTable && like.Children.Count == 0 ? partition.Children : [])
            CopyIndex(schema, partition, like, below);
    }

    private static void SetBound(Relation partition, SqlNode? bound)
    {
        partition.Bound = bound;
        partition.IsDefaultPartition = bound?.Flag("is_default") ?? false;
    }

    // Rows of the default partition that would belong to the new one are an error: it is locked and read.
    private static void VisitDefault(EffectBuilder effects, Relation parent, Relation partition)
    {
        if (parent.Children.Find(c => c.IsDefaultPartition) is not { } fallback || fallback == partition)
            return;
        effects.Lock(fallback, LockLevel.AccessExclusive);
        effects.Scan(fallback);
        effects.Act(ActKind.ScansDefaultPartition, fallback, "", parent.ToString());
    }

    public static void Detach(EffectBuilder effects, Relation parent, SqlNode command)
    {
        var partition = effects.Need(command.Node("def")?.Node("name"));
        var concurrently = command.Node("def")?.Flag("concurrent") ?? false;
        effects.Lock(parent, concurrently ? LockLevel.ShareUpdateExclusive : LockLevel.AccessExclusive);
        effects.Contract(null);
        if (partition is null)
            return;
        if (effects.Schema.IsComplete && !partition.Parents.Contains(parent))
            effects.Fail($"{partition} is no partition of {parent}");
        // The last phase of a concurrent detach takes the partition alone.
        new AlterTarget(effects, partition, partition.Kind != RelationKind.PartitionedTable).LockTree(LockLevel.AccessExclusive);
        // Rows of another table may refer to those that leave.
        if (effects.Schema.KeysTo(parent).Any())
            effects.MayFail();
        effects.Act(concurrently ? ActKind.DetachesPartitionConcurrently : ActKind.DetachesPartition, partition, "", parent.ToString());
        if (parent.Children.Find(c => c.IsDefaultPartition) is { } fallback)
        {
            if (concurrently)
                effects.Fail($"{parent} has a default partition, DETACH CONCURRENTLY is refused");
            effects.Lock(fallback, LockLevel.AccessExclusive);
        }

        foreach (var target in parent.Constraints.Select(c => c.Target).OfType<Relation>())
            effects.Lock(target, LockLevel.ShareRowExclusive);
        foreach (var index in partition.Indexes.Where(i => i.Parents.Count > 0))
        {
            effects.Lock(index, LockLevel.AccessExclusive);
            index.Parents.ForEach(p => p.Children.Remove(index));
            index.Parents.Clear();
        }

        partition.Parents.Remove(parent);
        parent.Children.Remove(partition);
    }

    public static void DetachFinalize(EffectBuilder effects, Relation parent, SqlNode command)
    {
        effects.Lock(parent, LockLevel.ShareUpdateExclusive);
        effects.Lock(effects.Need(command.Node("def")?.Node("name")), LockLevel.AccessExclusive);
        effects.Contract(null);
    }
}
