using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AddColumnWithVolatileDefault() : ActRule(ActKind.AddsColumnRewriting)
{
    public override RuleInfo Info { get; } = new("add-column-with-volatile-default", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A default that differs row by row rewrites the table",
        Prevents = "reads and writes of the table until every row is written anew",
        Remedy = "Add the column without default, SET DEFAULT, fill old rows in batches",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"The default of {act.Object} is evaluated for each row: {act.Table} is rewritten under ACCESS EXCLUSIVE.";
}
