using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AlterDomainChecksEveryTable() : ActRule(ActKind.AltersDomainChecked)
{
    public override RuleInfo Info { get; } = new("alter-domain-checks-every-table", Severity.High, LockLevel.Share)
    {
        Title = "A domain constraint reads every table that uses it",
        Prevents = "writes to all tables with a column of the domain until each is read",
        Remedy = "Add a CHECK … NOT VALID to each table instead, and validate it there",
        Manual = "sql-alterdomain",
    };

    protected override string Message(Act act) =>
        $"Every table with a column of {act.Table} is read under SHARE: writes to all of them wait.";
}
