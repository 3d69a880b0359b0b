using System.Collections.Immutable;

namespace SafeDeploy.Risk;

/// <summary>The one list of rules: adding a rule is its file and one line here.</summary>
public static class RuleCatalogue
{
    public static ImmutableArray<IRule> All { get; } = [];

    /// <summary>The file's statements with what the rules found, suppressions applied.</summary>
    public static ImmutableArray<JudgedStatement> Apply(FileContext file) =>
        file.WithFindings(i => [.. All.SelectMany(r => r.Check(file.Statements[i], new StatementPlace(file, i)))]);
}
