using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Rules;

/// <summary>Only a BEGIN … COMMIT around the whole file is taken off; anything else would end our own transaction.</summary>
internal sealed class TransactionControlInMigration : IRule
{
    public RuleInfo Info { get; } = new("transaction-control-in-migration", Severity.Medium, LockLevel.None)
    {
        Title = "The file controls transactions itself",
        Prevents = "an undo of the whole file: what was committed in between stays",
        Remedy = "Split the file, or remove the statement; the runner opens and commits the transaction",
        Manual = "sql-begin",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place)
    {
        var control = statement.Transaction.Control;
        if (control == TransactionControl.None || IsWrapper(place))
            yield break;
        yield return new Finding(Info.Slug, Info.Severity, $"{statement.Sql.ReplaceLineEndings(" ")} in the middle of a file would end or nest the runner's own transaction.", Info.Remedy + ".");
    }

    private static bool IsWrapper(StatementPlace place)
    {
        var all = place.File.Statements;
        var wraps = all.Count > 1 && all[0].Transaction.Control == TransactionControl.Begin && all[^1].Transaction.Control == TransactionControl.Commit;
        return wraps && (place.Index == 0 || place.Index == all.Count - 1);
    }
}
