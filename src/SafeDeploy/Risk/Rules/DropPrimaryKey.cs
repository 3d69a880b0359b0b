using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropPrimaryKey() : ActRule(ActKind.DropsPrimaryKey)
{
    public override RuleInfo Info { get; } = new("drop-primary-key", Severity.Medium, LockLevel.AccessExclusive)
    {
        Title = "Without its primary key a table can not be replicated",
        Prevents = "UPDATE and DELETE of a published table",
        Remedy = "Make the new key first, swap both in one transaction",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"Dropping {act.Object} takes from {act.Table} what foreign keys, upserts and logical replication stand on.";
}
