using System.Collections.Immutable;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Migrations.ShellCommand;

/// <summary>One line of a status command.</summary>
/// <param name="Name">What stands behind the state; may be empty.</param>
internal sealed record StatusLine(MigrationVersion Version, bool Applied, string Name);

/// <summary>Reads <c>VERSION applied|pending [NAME]</c>, a line a migration, in the program's own order.</summary>
internal static class StatusReader
{
    /// <returns>The lines, or the first that is not one with its 1-based number.</returns>
    public static (ImmutableArray<StatusLine> Lines, (int Number, string Text)? Bad) Read(string output)
    {
        var lines = ImmutableArray.CreateBuilder<StatusLine>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var text in output.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            if (string.IsNullOrWhiteSpace(text))
                continue;
            var words = text.Trim().Split((char[]?)null, 3, StringSplitOptions.RemoveEmptyEntries);
            if (words is not [var version, "applied" or "pending", ..] || !seen.Add(version))
                return ([], (number, text.Trim()));
            lines.Add(new StatusLine(new MigrationVersion(version), words[1] == "applied", words.Length > 2 ? words[2] : ""));
        }

        return (lines.ToImmutable(), null);
    }
}
