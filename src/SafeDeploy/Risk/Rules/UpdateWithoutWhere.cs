using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class UpdateWithoutWhere() : ActRule(ActKind.UpdatesAll)
{
    public override RuleInfo Info { get; } = new("update-without-where", Severity.High, LockLevel.RowExclusive)
    {
        Title = "UPDATE without a condition overwrites every row",
        Prevents = "the old values, and a lock on every row until COMMIT",
        Remedy = "Work in batches and keep the old values",
        Manual = "sql-update",
    };

    protected override string Message(Act act) =>
        $"{act.Object} of every row of {act.Table} is overwritten in one transaction.";
}
