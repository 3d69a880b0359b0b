using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class TypeChangeDependsOnTimeZone() : ActRule(ActKind.ChangesTypeByTimeZone)
{
    public override RuleInfo Info { get; } = new("type-change-depends-on-time-zone", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "Whether this type change rewrites depends on the session",
        Prevents = "reads and writes of the table until every row is written anew, unless TimeZone is UTC",
        Remedy = "SET LOCAL timezone = 'UTC' before it, if the old values were meant as UTC",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"Changing {act.Object} of {act.Table} between timestamp and timestamptz rewrites the table under ACCESS EXCLUSIVE, and shifts every value, unless the session's TimeZone is UTC.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        "SET LOCAL timezone = 'UTC';\n" + statement.Sql.TrimEnd(';') + ";";
}
