using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class SetTablespace() : ActRule(ActKind.SetsTablespace)
{
    public override RuleInfo Info { get; } = new("set-tablespace", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "SET TABLESPACE copies the table",
        Prevents = "reads and writes of the table until it is copied",
        Remedy = "Use a repacking tool, or a maintenance window",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"SET TABLESPACE copies {act.Table} under ACCESS EXCLUSIVE.";
}
