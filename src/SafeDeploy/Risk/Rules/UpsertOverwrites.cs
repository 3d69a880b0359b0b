using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class UpsertOverwrites() : ActRule(ActKind.Upserts)
{
    public override RuleInfo Info { get; } = new("upsert-overwrites", Severity.Medium, LockLevel.RowExclusive)
    {
        Title = "An upsert overwrites what people may have changed",
        Prevents = "the present values of rows that are there",
        Remedy = "ON CONFLICT DO NOTHING",
        Manual = "sql-insert",
    };

    protected override string Message(Act act) =>
        $"Rows of {act.Table} that exist are overwritten by values of the migration.";
}
