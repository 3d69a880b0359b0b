using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DetachPartitionWithoutConcurrently() : ActRule(ActKind.DetachesPartition)
{
    public override RuleInfo Info { get; } = new("detach-partition-without-concurrently", Severity.Medium, LockLevel.AccessExclusive)
    {
        Title = "DETACH locks the parent",
        Prevents = "reads and writes of the whole partitioned table",
        Remedy = "DETACH PARTITION … CONCURRENTLY (14 and later, no default partition)",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"DETACH takes ACCESS EXCLUSIVE on {act.Other} and queues behind its longest running query.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        statement.Sql.TrimEnd(';') + " CONCURRENTLY;";
}
