namespace SafeDeploy.Risk.Rules;

/// <summary>Each ALTER TABLE copies the table again; one with several commands copies it once.</summary>
internal sealed class SeveralRewritesOfOneTable : IRule
{
    public RuleInfo Info { get; } = new("several-rewrites-of-one-table", Severity.Medium, LockLevel.AccessExclusive)
    {
        Title = "One table is rewritten more than once",
        Prevents = "reads and writes of the table, once for every rewrite",
        Remedy = "Join the commands into one ALTER TABLE",
        Manual = "sql-altertable",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place)
    {
        if (statement.Effect is not { Hazard: true, DestroysData: false, Rewrites.IsEmpty: false })
            yield break;
        var again = statement.Effect.Rewrites.Intersect(place.Earlier(this, () => new HashSet<string>(StringComparer.Ordinal), (seen, s) =>
        {
            seen.UnionWith(s.Effect.Rewrites);
            return seen;
        }));
        if (!again.IsEmpty)
            yield return new Finding(Info.Slug, Info.Severity, $"{string.Join(", ", again)} was rewritten by a statement before this one already.", Info.Remedy + ".");
    }
}
