namespace SafeDeploy.Risk.Rules;

/// <summary>What neither this grammar nor a newer one knows is refused by every server; what may be newer, only a server can judge.</summary>
internal sealed class SqlDoesNotParse : IRule
{
    public RuleInfo Info { get; } = new("sql-does-not-parse", Severity.High, LockLevel.None)
    {
        Title = "Not PostgreSQL 15's grammar",
        Prevents = "the deployment, unless the server is newer: it stops here",
        Remedy = "Correct it; newer syntax can only be judged on a server",
        Manual = "sql-syntax",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place)
    {
        if (statement.Parsed.Error is { } error)
            yield return new Finding(Info.Slug, statement.Parsed.MayBeNewer ? Severity.Medium : Info.Severity, error.Message, Info.Remedy + ".");
    }
}
