using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropIndexWithoutConcurrently() : ActRule(ActKind.DropsIndex)
{
    public override RuleInfo Info { get; } = new("drop-index-without-concurrently", Severity.Low, LockLevel.AccessExclusive)
    {
        Title = "Dropping an index locks its table for a moment",
        Prevents = "reads and writes of the table, queued behind the longest running query",
        Remedy = "DROP INDEX CONCURRENTLY, in a migration of its own",
        Manual = "sql-dropindex",
    };

    protected override string Message(Act act) =>
        $"DROP INDEX takes ACCESS EXCLUSIVE on {act.Table}: short, but it queues behind the longest running query and everybody queues behind it.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        Remedies.Concurrently(statement.Sql);
}
