using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class CreatePartitionLocksParent() : ActRule(ActKind.CreatesPartition)
{
    public override RuleInfo Info { get; } = new("create-partition-locks-parent", Severity.Low, LockLevel.AccessExclusive)
    {
        Title = "CREATE … PARTITION OF locks the parent",
        Prevents = "reads and writes of the whole partitioned table, until COMMIT",
        Remedy = "CREATE TABLE … (LIKE parent), then ATTACH PARTITION, which lets everybody work",
        Manual = "ddl-partitioning",
    };

    protected override bool Applies(Act act, JudgedStatement statement) =>
        base.Applies(act, statement) && statement.Effect.Locks.ContainsKey(act.Other);

    protected override string Message(Act act) =>
        $"CREATE … PARTITION OF takes ACCESS EXCLUSIVE on {act.Other}; ATTACH of a table made before takes only SHARE UPDATE EXCLUSIVE.";
}
