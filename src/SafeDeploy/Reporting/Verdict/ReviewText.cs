using System.Globalization;
using System.Text;
using SafeDeploy.Risk;
using SafeDeploy.Problems;

namespace SafeDeploy.Reporting.Verdict;

/// <summary>The review for a terminal: the verdict, one block a statement, the way back.</summary>
public static class ReviewText
{
    private const int Shown = 50;
    private const int LocksShown = 3;
    private const int ExcerptLength = 100;

    public static string Render(PlanReview review)
    {
        var text = new StringBuilder(review.Headline).Append('\n');
        foreach (var row in review.Rows.Take(Shown))
            Row(text, row);
        if (review.Rows.Length > Shown)
            text.Append(CultureInfo.InvariantCulture, $"\n… and {review.Rows.Length - Shown} more; --output json has them all\n");
        text.Append('\n');
        if (review.Quiet > 0 && !review.Rows.IsEmpty)
            text.Append(CultureInfo.InvariantCulture, $"{Wording.Count(review.Quiet, "other statement")}: nobody notices\n");
        foreach (var line in review.Fleet)
            text.Append("tenants  ").Append(line).Append('\n');
        if (review.Rows.Length + review.Quiet > 0)
        {
            text.Append("if it fails half way         ").Append(review.WayBack.Half).Append('\n');
            text.Append("if it fails after migration  ").Append(review.WayBack.After).Append('\n');
        }

        foreach (var note in review.Notes)
            text.Append("note     ").Append(note).Append('\n');
        return text.ToString();
    }

    private static void Row(StringBuilder text, ReviewRow row)
    {
        text.Append('\n').Append((row.Severity?.ToString().ToLowerInvariant() ?? "accepted").PadRight(9)).Append(row.Place).Append("  ").Append(Excerpt(row.Sql)).Append('\n');
        Line(text, "locks", Locks(row));
        Line(text, "waits", Waits(row));
        Line(text, "way back", $"{Reversible(row.Reversible)}; phase {row.Phase}");
        foreach (var finding in row.Findings)
            Line(text, finding.Severity.ToString().ToLowerInvariant(), $"{finding.Rule}: {finding.Message}");
        if (row.Rewrite is { } rewrite)
        {
            foreach (var line in RewriteDiff.Of(row.Sql, rewrite))
                text.Append("           ").Append(line).Append('\n');
        }
        else if (row.Findings is [var worst, ..])
            Line(text, "instead", worst.Remedy.ReplaceLineEndings("\n").Replace("\n", "\n           ", StringComparison.Ordinal));
    }

    internal static string Locks(ReviewRow row)
    {
        var shown = string.Join("; ", row.Locks.Take(LocksShown).Select(l => $"{l.Level.Spelled()} on {l.Table}"));
        return row.Locks.IsEmpty ? "none that keeps anybody out" : row.Locks.Length > LocksShown
            ? string.Create(CultureInfo.InvariantCulture, $"{shown}; and {row.Locks.Length - LocksShown} more") : shown;
    }

    internal static string Waits(ReviewRow row) => row.Waits == "nobody" ? "nobody" : $"{row.Waits}, {row.Lasts}";

    internal static string Reversible(bool? reversible) => reversible switch
    {
        true => "reversible",
        false => "NOT reversible",
        null => "reversible? not known",
    };

    internal static string Excerpt(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= ExcerptLength ? line : line[..ExcerptLength] + "…";
    }

    private static void Line(StringBuilder text, string label, string value) => text.Append("  ").Append(label.PadRight(9)).Append(value).Append('\n');
}
