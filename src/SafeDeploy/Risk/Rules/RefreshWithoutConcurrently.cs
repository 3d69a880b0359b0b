using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class RefreshWithoutConcurrently() : ActRule(ActKind.RefreshesBlocking)
{
    public override RuleInfo Info { get; } = new("refresh-without-concurrently", Severity.Medium, LockLevel.AccessExclusive)
    {
        Title = "Refreshing blocks the readers of the view",
        Prevents = "reads of the materialized view until its query is done",
        Remedy = "REFRESH MATERIALIZED VIEW CONCURRENTLY, with a unique index on it",
        Manual = "sql-refreshmaterializedview",
    };

    protected override string Message(Act act) =>
        $"REFRESH holds ACCESS EXCLUSIVE on {act.Table}: its readers wait until the query is done.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        Remedies.Concurrently(statement.Sql);
}
