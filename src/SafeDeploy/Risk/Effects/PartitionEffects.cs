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
        effects.Act(ActKind.CreatesPartition, partition, "", parent.ToString());
        parent.Kind = RelationKind.PartitionedTable;
        SetBound(partition, bound);
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
        parent.Kind = RelationKind.PartitionedTable;
        SetBound(partition, command.Node("def")?.Node("bound"));
        // Each index of the parent that the partition lacks is built on it.
        var lacksIndex = parent.Indexes.Exists(p => !partition.Indexes.Exists(i => i.OfColumns.SequenceEqual(p.OfColumns) && i.IsUnique == p.IsUnique));
        if (lacksIndex || !BoundProof.Implies(parent, partition))
            effects.Scan(partition);
        effects.MayFail();
        foreach (var target in parent.Constraints.Select(c => c.Target).OfType<Relation>())
            effects.Lock(target, LockLevel.ShareRowExclusive);
        VisitDefault(effects, parent, partition);
        partition.Parents.Add(parent);
        parent.Children.Add(partition);
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
        // The last phase of a concurrent detach takes the partition alone.
        effects.Lock(partition, LockLevel.AccessExclusive);
        effects.Act(concurrently ? ActKind.DetachesPartitionConcurrently : ActKind.DetachesPartition, partition, "", parent.ToString());
        if (parent.Children.Find(c => c.IsDefaultPartition) is { } fallback)
        {
            if (concurrently)
                effects.Fail($"{parent} has a default partition, DETACH CONCURRENTLY is refused");
            effects.Lock(fallback, LockLevel.AccessExclusive);
        }

        foreach (var target in parent.Constraints.Select(c => c.Target).OfType<Relation>())
            effects.Lock(target, LockLevel.ShareRowExclusive);
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
