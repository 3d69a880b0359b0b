using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AttachPartitionWithoutCheck() : ActRule(ActKind.AttachesPartition)
{
    public override RuleInfo Info { get; } = new("attach-partition-without-check", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "ATTACH reads the whole partition",
        Prevents = "reads and writes of the new partition until it is read to its end",
        Remedy = "Add a CHECK equal to the bound NOT VALID, VALIDATE it, build its indexes concurrently, then ATTACH",
        Manual = "ddl-partitioning",
    };

    protected override bool Applies(Act act, JudgedStatement statement) =>
        base.Applies(act, statement) && statement.Effect.Scans.Contains(act.Table.ToString());

    protected override string Message(Act act) =>
        $"ATTACH reads all of {act.Table} under ACCESS EXCLUSIVE: no valid CHECK says that its rows fit, or an index of the parent is missing on it.";
}
