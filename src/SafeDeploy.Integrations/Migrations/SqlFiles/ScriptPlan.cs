using System.Collections.Immutable;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>One statement of a script with its place in the file.</summary>
/// <param name="Line">1-based line of the file.</param>
public sealed record PlacedStatement(string Text, int Line, SqlNode? Tree, TransactionFacts Facts)
{
    /// <summary>The first words, for messages.</summary>
    public string Excerpt
    {
        get
        {
            var line = string.Join(' ', Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            return line.Length <= 60 ? line : line[..59] + "…";
        }
    }
}

/// <summary>Statements that run together: in one transaction, or one statement outside any.</summary>
/// <param name="Bare">Outside a transaction; then there is exactly one statement.</param>
public sealed record ScriptSegment(bool Bare, ImmutableArray<PlacedStatement> Statements);

/// <summary>How a script is run.</summary>
/// <param name="Segments">In order; empty for a script without statements.</param>
public sealed record ScriptPlan(string Path, ImmutableArray<ScriptSegment> Segments)
{
    /// <summary>All of it and its history row are one transaction.</summary>
    public bool IsOneTransaction => Segments.Length == 0 || Segments is [{ Bare: false }];
}
