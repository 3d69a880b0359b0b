using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class SetUnlogged() : ActRule(ActKind.SetsUnlogged)
{
    public override RuleInfo Info { get; } = new("set-unlogged", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "An unlogged table is empty after a crash",
        Prevents = "reads and writes of the table until it is copied",
        Remedy = "Keep it logged",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"SET UNLOGGED copies {act.Table} under ACCESS EXCLUSIVE, and after a crash it is empty.";
}
