using System.Collections.Immutable;

namespace SafeDeploy.Risk;

/// <summary>A file's statements as the rules see them: in order, with what stands before each.</summary>
public sealed class FileContext(RiskFile file, RiskOptions options)
{
    private readonly List<JudgedStatement> _statements = [];

    public RiskFile File { get; } = file;

    public RiskOptions Options { get; } = options;

    public IReadOnlyList<JudgedStatement> Statements => _statements;

    public void Add(JudgedStatement statement) => _statements.Add(statement);

    public ImmutableArray<JudgedStatement> WithFindings(Func<int, ImmutableArray<Finding>> findings) =>
        [.. _statements.Select((s, i) => s with { Findings = findings(i) })];
}
