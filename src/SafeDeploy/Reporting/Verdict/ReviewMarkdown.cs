using System.Globalization;
using System.Text;
using SafeDeploy.Risk;
using SafeDeploy.Problems;

namespace SafeDeploy.Reporting.Verdict;

/// <summary>The review as Markdown for a pull request's comment or a job's summary; never longer than it may be.</summary>
public static class ReviewMarkdown
{
    /// <summary>What GitHub takes for a comment, in characters; counted in bytes here, which are never fewer.</summary>
    public const int CommentLimit = 65_536;

    /// <summary>What GitHub takes for the summary of a step, in bytes.</summary>
    public const int SummaryLimit = 1_048_576;

    // The table comes first and may not push out all rewrites.
    private const double TableShare = 0.6;
    private const int Reserve = 400;

    /// <param name="limit">The most bytes of UTF-8 that the text may have.</param>
    public static string Render(PlanReview review, int limit = CommentLimit)
    {
        var text = new Bounded(limit - Reserve);
        text.Add($"### {Sign(review)} {MarkdownText.Escape(review.Headline)}\n\n");
        foreach (var line in review.Fleet)
            text.Add($"- **tenants**: {MarkdownText.Escape(line)}\n");
        if (review.Rows.Length + review.Quiet > 0)
        {
            text.Add($"- **if it fails half way**: {MarkdownText.Escape(review.WayBack.Half)}\n");
            text.Add($"- **if it fails after migration**: {MarkdownText.Escape(review.WayBack.After)}\n");
        }

        foreach (var note in review.Notes)
            text.Add($"- note: {MarkdownText.Escape(note)}\n");
        Table(text, review);
        Details(text, review);
        return text.ToString();
    }

    private static string Sign(PlanReview review) => review switch
    {
        { Refused: true } => "🔴",
        { Worst: null } => "🟢",
        _ => "🟡",
    };

    private static void Table(Bounded text, PlanReview review)
    {
        if (review.Rows.IsEmpty)
            return;
        text.Add("\n| | statement | place | locks | who waits, how long | way back | phase |\n|---|---|---|---|---|---|---|\n");
        var shown = review.Rows.TakeWhile(row => text.Used < text.Limit * TableShare && text.Add(Cells(row))).Count();
        if (shown < review.Rows.Length)
            text.Force(string.Create(CultureInfo.InvariantCulture, $"\n… and {review.Rows.Length - shown} more.\n"));
        if (review.Quiet > 0)
            text.Add($"\n{Wording.Count(review.Quiet, "other statement")}: nobody notices.\n");
    }

    private static string Cells(ReviewRow row) =>
        $"| {Word(row.Severity)} | {MarkdownText.Code(ReviewText.Excerpt(row.Sql))} | {MarkdownText.Escape(row.Place)} | {MarkdownText.Escape(ReviewText.Locks(row))} "
        + $"| {MarkdownText.Escape(ReviewText.Waits(row))} | {MarkdownText.Escape(ReviewText.Reversible(row.Reversible))} | {row.Phase} |\n";

    private static void Details(Bounded text, PlanReview review)
    {
        var rows = review.Rows.Where(r => !r.Findings.IsEmpty).ToArray();
        var shown = rows.TakeWhile(row => text.Add(Detail(row))).Count();
        if (shown < rows.Length)
            text.Force(string.Create(CultureInfo.InvariantCulture, $"\n… what to write instead of {rows.Length - shown} more: `safe-deploy plan`.\n"));
    }

    private static string Detail(ReviewRow row)
    {
        var text = new StringBuilder($"\n<details><summary>{MarkdownText.Html(row.Findings[0].Rule)} at {MarkdownText.Html(row.Place)}: what to write instead</summary>\n\n");
        foreach (var finding in row.Findings)
            text.Append(CultureInfo.InvariantCulture, $"- {Word(finding.Severity)} **{MarkdownText.Escape(finding.Rule)}**: {MarkdownText.Escape(finding.Message)}\n");
        text.Append('\n');
        if (row.Rewrite is { } rewrite)
            text.Append(MarkdownText.Fence("diff", RewriteDiff.Of(row.Sql, rewrite)));
        else
            text.Append(MarkdownText.Fence("sql", row.Findings[0].Remedy.ReplaceLineEndings("\n").Split('\n')));
        return text.Append("\n</details>\n").ToString();
    }

    private static string Word(Severity? severity) => severity switch
    {
        Severity.Critical or Severity.High => $"🔴 {severity.ToString()!.ToLowerInvariant()}",
        Severity.Medium or Severity.Low => $"🟡 {severity.ToString()!.ToLowerInvariant()}",
        Severity.Info => "info",
        _ => "accepted",
    };

    /// <summary>Text that counts its bytes and refuses what does not fit.</summary>
    private sealed class Bounded(int limit)
    {
        private readonly StringBuilder _text = new();

        public int Limit => limit;

        public int Used { get; private set; }

        public bool Add(string part)
        {
            var bytes = Encoding.UTF8.GetByteCount(part);
            if (Used + bytes > limit)
                return false;
            Used += bytes;
            _text.Append(part);
            return true;
        }

        /// <summary>For the one line that says what was left out; the reserve is kept for it.</summary>
        public void Force(string part) => _text.Append(part);

        public override string ToString() => _text.ToString();
    }
}
