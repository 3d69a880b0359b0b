using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace SafeDeploy.Config;

/// <summary>Somebody answers for one change of a protected table's integrity rules: a line of the file that <c>risk.approvals</c> names.</summary>
/// <param name="Table">As <c>risk.protected_tables</c> has it.</param>
/// <param name="File">The migration's file name, without folders.</param>
/// <param name="Sha256">Of its text, in hex: what is changed afterwards is approved no more.</param>
/// <param name="Until">The last day on which it counts; null = for ever.</param>
public sealed partial record Approval(string Table, string File, string Sha256, string By, string Because, DateOnly? Until)
{
    [GeneratedRegex("""^(?<table>\S+)\s+(?<file>\S+)\s+sha256:(?<sum>[0-9a-fA-F]{64})\s+by="(?<by>[^"]+)"\s+because="(?<because>[^"]+)"(?:\s+until=(?<until>\d{4}-\d{2}-\d{2}))?\s*$""")]
    private static partial Regex Line();

    /// <summary>The approvals of a file in order, and the 1-based lines that are none; blank lines and those after # are left out.</summary>
    public static (ImmutableArray<Approval> Approvals, ImmutableArray<int> Wrong) In(string text)
    {
        var approvals = ImmutableArray.CreateBuilder<Approval>();
        var wrong = ImmutableArray.CreateBuilder<int>();
        var number = 0;
        foreach (var line in text.Split('\n').Select(l => l.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (Of(line) is { } approval)
                approvals.Add(approval);
            else
                wrong.Add(number);
        }

        return (approvals.ToImmutable(), wrong.ToImmutable());
    }

    private static Approval? Of(string line)
    {
        var match = Line().Match(line);
        if (!match.Success)
            return null;
        var until = match.Groups["until"] is { Success: true, Value: var day } ? Day(day) : (Known: true, Day: null);
        return until.Known
            ? new Approval(match.Groups["table"].Value, match.Groups["file"].Value, match.Groups["sum"].Value.ToLowerInvariant(), match.Groups["by"].Value, match.Groups["because"].Value, until.Day)
            : null;
    }

    private static (bool Known, DateOnly? Day) Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? (true, day) : (false, null);

    /// <summary>What <see cref="Sha256"/> must be for a migration with this text.</summary>
    public static string SumOf(string sql) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));

    public bool Counts(DateOnly? today) => Until is null || today is null || today <= Until;
}
