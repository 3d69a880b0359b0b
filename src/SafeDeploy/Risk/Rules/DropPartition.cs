using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropPartition() : ActRule(ActKind.DropsPartition)
{
    public override RuleInfo Info { get; } = new("drop-partition", Severity.Critical, LockLevel.AccessExclusive)
    {
        Title = "A partition is dropped with its rows",
        Prevents = "reads and writes of the parent and its default partition, for a moment; the rows for ever",
        Remedy = "DETACH PARTITION … CONCURRENTLY, keep the table, drop it in a later release after a backup",
        Manual = "sql-droptable",
    };

    protected override string Message(Act act) =>
        $"The rows of {act.Table} are gone, and its parent is locked with ACCESS EXCLUSIVE while it goes.";
}
