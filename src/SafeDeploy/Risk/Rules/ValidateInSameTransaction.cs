using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

/// <summary>The strong lock of ADD … NOT VALID is kept while VALIDATE reads the table.</summary>
internal sealed class ValidateInSameTransaction : IRule
{
    public RuleInfo Info { get; } = new("validate-in-same-transaction", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "VALIDATE in the transaction that added the constraint",
        Prevents = "the same as adding it without NOT VALID: the first lock is held to the end",
        Remedy = "Move VALIDATE CONSTRAINT to the next migration",
        Manual = "sql-altertable",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place) => statement.Effect.Acts
        .Where(a => a is { Kind: ActKind.ValidatesConstraint, OnNew: false } && WasAdded(a, statement, place))
        .Select(a => new Finding(
            Info.Slug,
            Info.Severity,
            $"{a.Object} was added in this file: its lock on {a.Table} is still held while all rows are read.",
            Info.Remedy + "."));

    private bool WasAdded(Act validation, JudgedStatement statement, StatementPlace place) =>
        Added(statement).Contains(Name(validation)) || place.Earlier(this, () => new HashSet<string>(StringComparer.Ordinal), (seen, s) =>
        {
            seen.UnionWith(Added(s));
            return seen;
        }).Contains(Name(validation));

    private static IEnumerable<string> Added(JudgedStatement statement) =>
        statement.Effect.Acts.Where(a => a.Kind is ActKind.AddsCheckNotValid or ActKind.AddsForeignKeyNotValid).Select(Name);

    private static string Name(Act act) => $"{act.Table} {act.Object}";
}
