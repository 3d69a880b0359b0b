using System.Text.RegularExpressions;

namespace SafeDeploy.Migrations;

/// <summary>A header word that is not known, or stands where it has no effect.</summary>
/// <param name="Line">1-based line of the file.</param>
public sealed record HeaderError(int Line, string Word, string Why);

/// <summary>Reads <c>-- safe-deploy: phase=… no-transaction irreversible because="…"</c>.</summary>
public static partial class HeaderReader
{
    public const string Known = "phase=expand|migrate|contract, after=VERSION, no-transaction, irreversible, because=\"…\"";

    /// <summary>The header lines before the first statement of <paramref name="script"/>; <paramref name="file"/> is the whole file it was cut from.</summary>
    /// <remarks>One below the first statement is refused: a word that is read by people and not by us is worse than none.</remarks>
    public static (MigrationHeader Header, HeaderError? Error) Read(MigrationFile file, MigrationScript script)
    {
        var lines = file.Sql.Split('\n');
        var header = MigrationHeader.None;
        var inHead = true;
        for (var number = 1; number <= lines.Length; number++)
        {
            var line = lines[number - 1].Trim();
            // A cut file has a head above its first marker and one above the section's first statement.
            inHead = (inHead || number == script.FirstLine) && (line.Length == 0 || line.StartsWith("--", StringComparison.Ordinal));
            if (HeaderLine().Match(line) is not { Success: true } match || IsForRiskRules(match.Groups["words"].Value))
                continue;
            if (!inHead)
                return (header, new HeaderError(number, "safe-deploy:", "a header stands above the first statement"));
            (header, var error) = Words(header, match.Groups["words"].Value, number);
            if (error is not null)
                return (header, error);
        }

        return (header, null);
    }

    /// <summary>Whether the head of a script asks for statements outside a transaction; a head that cannot be read asks for nothing.</summary>
    public static bool SaysNoTransaction(string sql) => sql.TrimStart('\uFEFF').Split('\n').Select(l => l.Trim())
        .TakeWhile(l => l.Length == 0 || l.StartsWith("--", StringComparison.Ordinal))
        .Select(l => HeaderLine().Match(l)).Any(m => m.Success && Words(MigrationHeader.None, m.Groups["words"].Value, 0).Header.NoTransaction);

    // Suppressions of single findings stand anywhere and are read by the risk analysis.
    private static bool IsForRiskRules(string words) =>
        words.TrimStart().StartsWith("ignore", StringComparison.Ordinal) || words.TrimStart().StartsWith("allow", StringComparison.Ordinal);

    private static (MigrationHeader Header, HeaderError? Error) Words(MigrationHeader header, string text, int line)
    {
        var end = 0;
        foreach (Match match in Word().Matches(text))
        {
            if (match.Index != end)
                break;
            end = match.Index + match.Length;
            var next = With(header, match.Groups["word"].Value, match.Groups["value"].Value);
            if (next is null)
                return (header, new HeaderError(line, match.Value.Trim(), $"known are {Known}"));
            header = next;
        }

        return text[end..].Trim() is { Length: > 0 } rest
            ? (header, new HeaderError(line, rest, $"known are {Known}"))
            : (header, null);
    }

    private static MigrationHeader? With(MigrationHeader header, string word, string value) => (word, value) switch
    {
        ("phase", "expand") => header with { Phase = Phase.Expand },
        ("phase", "migrate") => header with { Phase = Phase.Migrate },
        ("phase", "contract") => header with { Phase = Phase.Contract },
        ("after", { Length: > 0 }) => header with { After = value.Trim('"') },
        ("no-transaction", "") => header with { NoTransaction = true },
        ("irreversible", "") => header with { Irreversible = true },
        ("because", { Length: > 0 }) => header with { Because = value.Trim('"') },
        _ => null,
    };

    [GeneratedRegex(@"^--\s*safe-deploy:(?<words>.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderLine();

    [GeneratedRegex("""\s*(?<word>[a-z-]+)(?:=(?<value>"[^"]*"|[^\s"]+))?(?=\s|$)""", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
