using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AddColumnWithCheck() : ActRule(ActKind.AddsColumnChecked)
{
    public override RuleInfo Info { get; } = new("add-column-with-check", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A check on a new column reads the whole table",
        Prevents = "reads and writes of the table until it is read to its end",
        Remedy = "Add the column alone, then the CHECK NOT VALID, then VALIDATE",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"The check on {act.Object} is proved for every row of {act.Table} under ACCESS EXCLUSIVE.";
}
