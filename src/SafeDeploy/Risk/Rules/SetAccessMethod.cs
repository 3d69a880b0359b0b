using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class SetAccessMethod() : ActRule(ActKind.SetsAccessMethod)
{
    public override RuleInfo Info { get; } = new("set-access-method", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "SET ACCESS METHOD rewrites the table",
        Prevents = "reads and writes of the table until it is rewritten",
        Remedy = "Make a new table, copy in batches, swap",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"SET ACCESS METHOD rewrites {act.Table} under ACCESS EXCLUSIVE.";
}
