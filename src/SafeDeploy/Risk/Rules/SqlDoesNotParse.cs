using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class SqlDoesNotParse() : ActRule(ActKind.TouchesUnknown)
{
    public override RuleInfo Info { get; } = new("sql-does-not-parse", Severity.Medium, LockLevel.None)
    {
        Title = "Not PostgreSQL 15's grammar",
        Prevents = "unknown",
        Remedy = "Correct it; newer syntax can only be judged on a server",
        Manual = "sql-syntax",
    };

    protected override string Message(Act act) =>
        act.Object;
}
