using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DeleteWithoutWhere() : ActRule(ActKind.DeletesAll)
{
    public override RuleInfo Info { get; } = new("delete-without-where", Severity.Critical, LockLevel.RowExclusive)
    {
        Title = "DELETE without a condition",
        Prevents = "all rows for ever",
        Remedy = "Add a WHERE and work in batches",
        Manual = "sql-delete",
    };

    protected override string Message(Act act) =>
        $"Every row of {act.Table} is deleted.";
}
