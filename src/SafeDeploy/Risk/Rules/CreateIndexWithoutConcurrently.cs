using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class CreateIndexWithoutConcurrently() : ActRule(ActKind.CreatesIndex)
{
    public override RuleInfo Info { get; } = new("create-index-without-concurrently", Severity.High, LockLevel.Share)
    {
        Title = "An index is built while writers wait",
        Prevents = "INSERT, UPDATE and DELETE on the table until the whole table is read",
        Remedy = "CREATE INDEX CONCURRENTLY, in a migration of its own",
        Manual = "sql-createindex",
    };

    protected override string Message(Act act) =>
        $"Building index {act.Object} holds SHARE on {act.Table}: every write waits until the whole table is read.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        Remedies.Concurrently(statement.Sql);
}
