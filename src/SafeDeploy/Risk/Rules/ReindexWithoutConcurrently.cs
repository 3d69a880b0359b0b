using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class ReindexWithoutConcurrently() : ActRule(ActKind.ReindexesBlocking)
{
    public override RuleInfo Info { get; } = new("reindex-without-concurrently", Severity.High, LockLevel.Share)
    {
        Title = "Rebuilding an index blocks its table",
        Prevents = "writes to the table, and every query that the planner would let use the index",
        Remedy = "REINDEX … CONCURRENTLY, outside a transaction",
        Manual = "sql-reindex",
    };

    protected override string Message(Act act) =>
        $"REINDEX holds SHARE on {act.Table} and ACCESS EXCLUSIVE on the index: writes wait, and so does every query that plans with it.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        Remedies.Concurrently(statement.Sql);
}
