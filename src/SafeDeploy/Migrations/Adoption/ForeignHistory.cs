using System.Collections.Immutable;

namespace SafeDeploy.Migrations.Adoption;

/// <summary>What another tool's history says of one scope.</summary>
public abstract record ForeignHistory
{
    private ForeignHistory() { }

    /// <summary>Each version was recorded by itself.</summary>
    public sealed record Versions(ImmutableArray<string> Applied) : ForeignHistory;

    /// <summary>Everything up to and with this version; null = nothing yet.</summary>
    public sealed record UpTo(string? Version) : ForeignHistory;

    /// <summary>The tool itself says that the scope is not in order.</summary>
    public sealed record Broken(string Why) : ForeignHistory;
}

/// <summary>Reads one tool's history table.</summary>
/// <param name="Tool">As <c>adopt --from</c> spells it.</param>
/// <param name="Table">Its bare name, in the scope's own schema.</param>
/// <param name="Columns">Read as text, in the order of <paramref name="OrderBy"/>.</param>
/// <param name="Read">Rows of these columns to what they mean; pure.</param>
public sealed record ForeignHistoryTable(
    string Tool, string Table, ImmutableArray<string> Columns, string OrderBy, Func<ImmutableArray<ImmutableArray<string?>>, ForeignHistory> Read);
