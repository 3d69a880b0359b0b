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
        if (!statement.Effect.Acts.Any(a => Long.Contains(a.Kind) && !a.OnNew) || statement.Effect.RunsInTransaction is false || statement.Effect.Scans.IsEmpty)
            yield break;
        var held = place.Before.Reverse()
            .TakeWhile(s => s.Transaction.Control is not (TransactionControl.Commit or TransactionControl.Rollback) && s.Effect.RunsInTransaction is not false)
            .Where(s => s.Effect.Acts.Any(a => !a.OnNew))
            .SelectMany(s => s.Effect.Locks.Where(l => l.Value.BlocksReads() && !MadeHere(place, l.Key)).Select(l => l.Key))
            .FirstOrDefault();
        if (held is not null)
            yield return new Finding(Info.Slug, Info.Severity, $"ACCESS EXCLUSIVE on {held}, taken earlier in this file, is held until this is done too.", Info.Remedy + ".");
    }

    private static bool MadeHere(StatementPlace place, string table) =>
        place.Before.SelectMany(s => s.Effect.Acts).Any(a => a.Kind == ActKind.CreatesTable && a.Table.ToString() == table);
}
