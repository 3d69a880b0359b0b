namespace SafeDeploy.Risk.Rules;

/// <summary>Settings of the session outlive the migration; the next tenant on the same connection would meet them.</summary>
internal sealed class SessionStateLeaks : IRule
{
    // What decides which tables a statement means, or as whom it runs; other settings do no harm.
    private static readonly string[] Dangerous =
        ["SET search_path", "RESET search_path", "SET ROLE", "RESET ROLE", "SET SESSION AUTHORIZATION", "RESET SESSION AUTHORIZATION", "RESET ALL", "DISCARD", "set_config(…, false)"];

    public RuleInfo Info { get; } = new("session-state-leaks", Severity.Medium, LockLevel.None)
    {
        Title = "A session setting outlives the migration",
        Prevents = "the next migration from meaning its own tables: the runner refuses it",
        Remedy = "Use SET LOCAL, or leave it to the runner, which sets search_path for each scope",
        Manual = "sql-set",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place)
    {
        if (statement.Transaction.SessionState is { } state && Dangerous.Contains(state))
            yield return new Finding(Info.Slug, Info.Severity, $"{state} stays in force after COMMIT and meets whoever uses the connection next.", Info.Remedy + ".");
    }
}
