using System.Collections.Immutable;

namespace SafeDeploy.Migrations.Layouts;

/// <summary>A line of a file that is a tool's own comment.</summary>
/// <param name="Line">1-based.</param>
/// <param name="Words">What follows the tool's prefix, split at blanks; never empty.</param>
public sealed record Marker(int Line, ImmutableArray<string> Words);

/// <summary>Cuts one file at the marker lines of dbmate or goose.</summary>
public static class MarkedSections
{
    /// <summary>The lines that begin with <c>--</c> and then <paramref name="prefix"/>, in order.</summary>
    public static ImmutableArray<Marker> Markers(string text, string prefix) =>
    [
        .. Lines(text)
            .Select((line, index) => (Comment: CommentOf(line), Line: index + 1))
            .Where(found => found.Comment.StartsWith(prefix, StringComparison.Ordinal))
            .Select(found => new Marker(found.Line, [.. found.Comment[prefix.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)]))
            .Where(marker => marker.Words.Length > 0),
    ];

    /// <summary>The lines after <paramref name="from"/> and before <paramref name="to"/> (or the end), with their place.</summary>
    public static MigrationScript Section(MigrationFile file, Marker from, Marker? to)
    {
        var lines = Lines(file.Sql);
        var section = lines.Skip(from.Line).Take((to?.Line ?? lines.Length + 1) - 1 - from.Line);
        return new MigrationScript(file.Path, string.Join('\n', section), from.Line + 1);
    }

    private static string[] Lines(string text) => text.Split('\n');

    private static string CommentOf(string line)
    {
        var trimmed = line.Trim().TrimStart('\uFEFF');
        return trimmed.StartsWith("--", StringComparison.Ordinal) ? trimmed[2..].TrimStart() : "";
    }
}
