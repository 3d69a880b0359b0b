using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class TruncateTable() : ActRule(ActKind.Truncates)
{
    public override RuleInfo Info { get; } = new("truncate-table", Severity.Critical, LockLevel.AccessExclusive)
    {
        Title = "TRUNCATE empties a table",
        Prevents = "all rows for ever",
        Remedy = "DELETE in batches after a backup",
        Manual = "sql-truncate",
    };

    protected override string Message(Act act) =>
        $"All rows of {act.Table} are gone.";
}
