using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DynamicSql() : ActRule(ActKind.DoesDynamicSql)
{
    public override RuleInfo Info { get; } = new("dynamic-sql", Severity.Low, LockLevel.None)
    {
        Title = "SQL made at run time can not be judged",
        Prevents = "unknown",
        Remedy = "Write the statements out",
        Manual = "plpgsql-statements",
    };

    protected override string Message(Act act) =>
        "A part of this block is made at run time or calls a routine: what it does is not in this report.";
}
