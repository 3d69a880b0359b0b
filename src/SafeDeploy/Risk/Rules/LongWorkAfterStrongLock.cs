using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Rules;

/// <summary>A lock that was meant to be short is held while something long runs in the same transaction.</summary>
internal sealed class LongWorkAfterStrongLock : IRule
{
    private static readonly ActKind[] Long =
    [
        ActKind.UpdatesAll, ActKind.UpdatesSome, ActKind.FillsNulls, ActKind.DeletesAll, ActKind.DeletesSome, ActKind.CreatesIndex, ActKind.ValidatesConstraint,
    ];

    public RuleInfo Info { get; } = new("long-work-after-strong-lock", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A short lock is held while something long runs",
        Prevents = "reads and writes of the table that was locked before, until the transaction ends",
        Remedy = "Move the data change to a migration of its own",
        Manual = "explicit-locking",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place)
    {
        if (!IsLong(statement))
            yield break;
        var open = place.Earlier(this, () => Transaction.Empty, After);
        // Said once: at the first statement that takes long while the lock is held.
        if (open is { Held: { } held, IsTold: false })
            yield return new Finding(Info.Slug, Info.Severity, $"ACCESS EXCLUSIVE on {held}, taken earlier in this file, is held until this is done too.", Info.Remedy + ".");
    }

    /// <summary>The transaction that is open before a statement.</summary>
    /// <param name="Held">The table locked last.</param>
    /// <param name="IsTold">Something long ran under that lock already.</param>
    private sealed record Transaction(string? Held, bool IsTold)
    {
        public static readonly Transaction Empty = new(null, false);
    }

    private static Transaction After(Transaction open, JudgedStatement statement)
    {
        if (statement.Transaction.Control is TransactionControl.Commit or TransactionControl.Rollback || statement.Effect.RunsInTransaction is false)
            return Transaction.Empty;
        if (Held(statement) is { } held)
            return new Transaction(held, false);
        return IsLong(statement) ? open with { IsTold = true } : open;
    }

    private static bool IsLong(JudgedStatement statement) =>
        statement.Effect.RunsInTransaction is not false && !statement.Effect.Scans.IsEmpty
        && statement.Effect.Acts.Any(a => Long.Contains(a.Kind) && !a.OnNew);

    /// <summary>A table in use that the statement locks with ACCESS EXCLUSIVE; null when there is none.</summary>
    private static string? Held(JudgedStatement statement) => statement.Effect.Acts
        .Where(a => !a.OnNew && statement.Effect.Locks.GetValueOrDefault(a.Table.ToString()).BlocksReads())
        .Select(a => a.Table.ToString())
        .FirstOrDefault();
}
