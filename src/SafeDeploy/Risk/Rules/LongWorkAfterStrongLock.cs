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
        var before = place.Before.Reverse()
            .TakeWhile(s => s.Transaction.Control is not (TransactionControl.Commit or TransactionControl.Rollback) && s.Effect.RunsInTransaction is not false)
            .ToArray();
        var held = before.Select(Held).FirstOrDefault(h => h is not null);
        // Said once: at the first statement that takes long while the lock is held.
        var toldBefore = before.TakeWhile(s => Held(s) is null).Any(IsLong);
        if (held is not null && !toldBefore)
            yield return new Finding(Info.Slug, Info.Severity, $"ACCESS EXCLUSIVE on {held}, taken earlier in this file, is held until this is done too.", Info.Remedy + ".");
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
