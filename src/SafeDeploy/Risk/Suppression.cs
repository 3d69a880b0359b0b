using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SafeDeploy.Risk;

/// <summary><c>-- safe-deploy: ignore RULE [until=2027-01-31] because="reason"</c> above a statement.</summary>
/// <param name="Line">1-based line of the comment in the script.</param>
/// <param name="Until">The last day on which it counts; null = for ever.</param>
public sealed partial record Suppression(int Line, string Rule, string Because, DateOnly? Until)
{
    [GeneratedRegex(@"--[ \t]*safe-deploy:[ \t]*ignore[ \t]+(?<rule>[a-z0-9-]+)(?:[ \t]+until=(?<until>\d{4}-\d{2}-\d{2}))?(?:[ \t]+because=""(?<because>[^""\n]+)"")?", RegexOptions.IgnoreCase)]
    private static partial Regex Comment();

    /// <summary>In the order of the script; lines counted from 1.</summary>
    public static ImmutableArray<Suppression> In(string sql)
    {
        if (!sql.Contains("safe-deploy:", StringComparison.OrdinalIgnoreCase))
            return [];
        var (line, seen) = (1, 0);
        var found = ImmutableArray.CreateBuilder<Suppression>();
        foreach (Match match in Comment().Matches(sql))
        {
            line += sql.AsSpan(seen, match.Index - seen).Count('\n');
            seen = match.Index;
            found.Add(Of(line, match));
        }

        return found.ToImmutable();
    }

    private static Suppression Of(int line, Match match)
    {
        var until = DateOnly.TryParseExact(match.Groups["until"].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : (DateOnly?)null;
        return new(line, match.Groups["rule"].Value, match.Groups["because"].Value, until);
    }

    /// <summary>A suppression without a reason is none; an expired one no more.</summary>
    public bool Counts(DateOnly? today) => Because.Length > 0 && (Until is null || today is null || today <= Until);
}
