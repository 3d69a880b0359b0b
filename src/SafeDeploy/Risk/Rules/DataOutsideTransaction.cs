using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

/// <summary>Rows are changed by a file whose statements commit one by one: what fails in the middle leaves some changed and some not.</summary>
internal sealed class DataOutsideTransaction : IRule
{
    private static readonly ActKind[] Changes =
    [
        ActKind.UpdatesAll, ActKind.UpdatesSome, ActKind.FillsNulls, ActKind.DeletesAll, ActKind.DeletesSome, ActKind.Upserts, ActKind.Truncates,
    ];

    public RuleInfo Info { get; } = new("data-outside-transaction", Severity.Medium, LockLevel.None)
    {
        Title = "Rows are changed outside a transaction",
        Prevents = "a clean way back: what a failure leaves is changed in part, and is met by the next try",
        Remedy = "Leave out no-transaction, or make the statement repeatable",
        Manual = "tutorial-transactions",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place)
    {
        if (!place.File.File.IsOutsideTransaction || statement.Effect.Acts.FirstOrDefault(a => Changes.Contains(a.Kind) && !a.OnNew) is not { } act)
            yield break;
        yield return new Finding(
            Info.Slug, Info.Severity, $"Rows of {act.Table} are changed under no-transaction: when a later statement fails, this one stays, and runs again with the next try.",
            "Leave out no-transaction, or make the statement repeatable: a WHERE that no longer holds for what was changed.");
    }
}
