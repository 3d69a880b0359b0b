using System.Collections.Immutable;

namespace SafeDeploy.Risk;

/// <summary>A file's statements as the rules see them: in order, with what stands before each.</summary>
public sealed class FileContext(RiskFile file, RiskOptions options)
{
    private readonly List<JudgedStatement> _statements = [];
    private readonly Dictionary<IRule, (int Seen, object State)> _folds = [];

    public RiskFile File { get; } = file;

    public RiskOptions Options { get; } = options;

    public IReadOnlyList<JudgedStatement> Statements => _statements;

    public void Add(JudgedStatement statement) => _statements.Add(statement);

    /// <summary>What a rule remembers of the statements before one; each is read once when it is asked for in order.</summary>
    /// <param name="and">Adds a statement to what is remembered; may change it in place.</param>
    internal T Earlier<T>(IRule rule, int index, Func<T> none, Func<T, JudgedStatement, T> and)
        where T : class
    {
        var (seen, state) = _folds.TryGetValue(rule, out var fold) && fold.Seen <= index ? (fold.Seen, (T)fold.State) : (0, none());
        for (; seen < index; seen++)
            state = and(state, _statements[seen]);
        _folds[rule] = (seen, state);
        return state;
    }

    public ImmutableArray<JudgedStatement> WithFindings(Func<int, (ImmutableArray<Finding> Findings, ImmutableArray<Suppression> Waiting)> found) =>
    [
        .. _statements.Select((s, i) =>
        {
            var (findings, waiting) = found(i);
            return s with { Findings = findings, Waiting = waiting };
        }),
    ];
}
