namespace SafeDeploy.Risk.Rules;

/// <summary>The server will refuse it: better to know before the deployment than in the middle of it.</summary>
internal sealed class StatementWillFail : IRule
{
    public RuleInfo Info { get; } = new("statement-will-fail", Severity.High, LockLevel.None)
    {
        Title = "The server will refuse this statement",
        Prevents = "the deployment: it stops here",
        Remedy = "Correct the statement, or the order of the migrations",
        Manual = "errcodes-appendix",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place)
    {
        // What is no SQL is said by its own rule.
        if (statement.Effect.Fails is true && statement.Parsed.Error is null)
            yield return new Finding(Info.Slug, Info.Severity, $"The server refuses it: {statement.Effect.FailsBecause}.", Info.Remedy + ".");
    }
}
