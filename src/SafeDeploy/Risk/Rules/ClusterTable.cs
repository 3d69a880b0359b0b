using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class ClusterTable() : ActRule(ActKind.Clusters)
{
    public override RuleInfo Info { get; } = new("cluster-table", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "CLUSTER locks everybody out",
        Prevents = "reads and writes of the table until it is copied",
        Remedy = "Use a repacking tool, or a maintenance window",
        Manual = "sql-cluster",
    };

    protected override string Message(Act act) =>
        $"CLUSTER copies {act.Table} under ACCESS EXCLUSIVE.";
}
