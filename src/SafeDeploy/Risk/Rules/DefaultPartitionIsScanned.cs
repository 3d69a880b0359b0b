using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DefaultPartitionIsScanned() : ActRule(ActKind.ScansDefaultPartition)
{
    public override RuleInfo Info { get; } = new("default-partition-is-scanned", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "The default partition is locked and read",
        Prevents = "reads and writes of the default partition until it is read to its end",
        Remedy = "Add a CHECK to the default partition that keeps the new range out, validated before",
        Manual = "ddl-partitioning",
    };

    protected override string Message(Act act) =>
        $"A new partition of {act.Other} makes the server read all of the default partition {act.Table} under ACCESS EXCLUSIVE.";
}
