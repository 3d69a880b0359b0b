using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

/// <summary>A rule that speaks about certain acts, once for each; silent on tables that the change itself makes.</summary>
internal abstract class ActRule(params ActKind[] kinds) : IRule
{
    public abstract RuleInfo Info { get; }

    /// <summary>The acts that it speaks about; of a statement without one of them it has nothing to say.</summary>
    public IReadOnlyList<ActKind> Kinds => kinds;

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place) => statement.Effect.Acts
        .Where(a => kinds.Contains(a.Kind) && Applies(a, statement))
        .Select(a => new Finding(Info.Slug, Info.Severity, Message(a), RemedyFor(a, statement)))
        .Distinct();

    protected virtual bool Applies(Act act, JudgedStatement statement) => !act.OnNew;

    /// <summary>One sentence: the lock, what it prevents and on which table.</summary>
    protected abstract string Message(Act act);

    /// <summary>SQL that can be pasted where there is one.</summary>
    protected virtual string RemedyFor(Act act, JudgedStatement statement) => Info.Remedy + ".";
}
