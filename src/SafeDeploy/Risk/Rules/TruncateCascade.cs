using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class TruncateCascade() : ActRule(ActKind.TruncatesCascading)
{
    public override RuleInfo Info { get; } = new("truncate-cascade", Severity.Critical, LockLevel.AccessExclusive)
    {
        Title = "TRUNCATE … CASCADE empties tables that it does not name",
        Prevents = "all rows of every table that refers to it",
        Remedy = "Name the tables",
        Manual = "sql-truncate",
    };

    protected override string Message(Act act) =>
        $"All rows of {act.Table} are gone, and those of every table that refers to it.";
}
