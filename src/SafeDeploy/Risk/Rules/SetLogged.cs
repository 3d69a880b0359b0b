using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class SetLogged() : ActRule(ActKind.SetsLogged)
{
    public override RuleInfo Info { get; } = new("set-logged", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "SET LOGGED copies the table",
        Prevents = "reads and writes of the table until it is copied",
        Remedy = "Make a logged table, copy in batches, swap",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"SET LOGGED copies {act.Table} under ACCESS EXCLUSIVE and writes all of it to the log.";
}
