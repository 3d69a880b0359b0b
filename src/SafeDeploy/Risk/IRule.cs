namespace SafeDeploy.Risk;

/// <summary>All that reports and pages say of a rule.</summary>
/// <param name="Slug">The class's name in kebab case; never changes once released.</param>
/// <param name="Severity">Of its consequence in the usual case.</param>
/// <param name="Lock">The lock that makes it dangerous, or none.</param>
public sealed record RuleInfo(string Slug, Severity Severity, LockLevel Lock)
{
    /// <summary>One sentence for the reader of a pull request.</summary>
    public required string Title { get; init; }

    /// <summary>What it prevents, on which table, for how long.</summary>
    public required string Prevents { get; init; }

    /// <summary>Starts with a verb.</summary>
    public required string Remedy { get; init; }

    /// <summary>Page of the PostgreSQL manual, e.g. <c>sql-createindex</c>.</summary>
    public required string Manual { get; init; }
}

public interface IRule
{
    RuleInfo Info { get; }

    IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place);
}

/// <summary>Where in its file a statement stands.</summary>
public sealed record StatementPlace(FileContext File, int Index)
{
    /// <summary>What the rule remembers of the statements before this one in the file.</summary>
    public T Earlier<T>(IRule rule, Func<T> none, Func<T, JudgedStatement, T> and)
        where T : class => File.Earlier(rule, Index, none, and);
}
