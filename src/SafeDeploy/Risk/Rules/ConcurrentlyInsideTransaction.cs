using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Rules;

/// <summary>A file that opens its own transaction and then does what none may contain.</summary>
internal sealed class ConcurrentlyInsideTransaction : IRule
{
    public RuleInfo Info { get; } = new("concurrently-inside-transaction", Severity.High, LockLevel.None)
    {
        Title = "This statement can not run inside a transaction",
        Prevents = "the deployment: the server refuses it with 25001",
        Remedy = "Move it to a migration of its own, without BEGIN",
        Manual = "sql-createindex",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place)
    {
        if (statement.Transaction.MayRunInTransaction is not false || !IsOpen(place))
            yield break;
        yield return new Finding(Info.Slug, Info.Severity, "The file has opened a transaction: the server refuses this statement in it (25001).", Info.Remedy + ".");
    }

    private bool IsOpen(StatementPlace place) => place.Earlier(this, () => Closed, (state, s) => s.Transaction.Control switch
    {
        TransactionControl.Begin => Open,
        TransactionControl.Commit or TransactionControl.Rollback => Closed,
        _ => state,
    }) == Open;

    private const string Open = "open";
    private const string Closed = "closed";
}
