using System.Text;
using SafeDeploy.Runs;

namespace SafeDeploy.Reporting;

/// <summary>The report as Markdown for people and for a job's summary; whatever is left out is counted.</summary>
public sealed partial class MarkdownReport
{
    /// <summary>GitHub refuses a step's summary above one mebibyte; a little is left to what else the job writes.</summary>
    public const int SummaryBytes = (1 << 20) - 16_384;

    private readonly DeploymentReport _report;
    private readonly ReportText _text;
    private readonly int _most;
    private readonly StringBuilder _page = new();

    private MarkdownReport(DeploymentReport report, Redactor redactor, int most) => (_report, _text, _most) = (report, new ReportText(redactor), most);

    /// <summary>Everything, however long.</summary>
    public static string Render(DeploymentReport report, Redactor redactor) => new MarkdownReport(report, redactor, int.MaxValue).Page();

    /// <summary>At most <paramref name="bytes"/> of UTF-8: failures first, then as many rows as fit, and "and N more".</summary>
    public static string Summary(DeploymentReport report, Redactor redactor, int bytes = SummaryBytes)
    {
        for (var most = 200; most > 0; most /= 2)
        {
            var page = new MarkdownReport(report, redactor, most).Page();
            if (Encoding.UTF8.GetByteCount(page) <= bytes)
                return page;
        }

        // One row of evidence alone is larger than the limit.
        var head = new MarkdownReport(report, redactor, 0).Page();
        return Encoding.UTF8.GetByteCount(head) <= bytes ? head : Cut(head, bytes);
    }

    private static string Cut(string page, int bytes)
    {
        const string Note = "\n\n… cut: the whole report is larger than this place takes\n";
        var kept = Encoding.UTF8.GetBytes(page).AsSpan(0, Math.Max(0, bytes - Encoding.UTF8.GetByteCount(Note) - 16));
        // An open fence would swallow the note; a letter cut in half would show as a replacement character.
        return Encoding.UTF8.GetString(kept).TrimEnd('\uFFFD').Replace("```", "'''", StringComparison.Ordinal) + Note;
    }

    private string Page()
    {
        var run = _report.Outcome;
        Line($"## {Mark(run.Conclusion)} {M(ReportWords.Of(run.Conclusion))}: {M(run.Statement)}");
        Line($"**{M(run.Project)}** to **{M(run.Environment)}**, {M(run.From?.Version ?? "nothing")} → **{M(run.To?.Version ?? "nothing")}**{(run.To?.Digest is { } digest ? $" (`{M(digest)}`)" : "")}, " +
            $"{(run.StartedAt is { } at ? ReportText.Text($"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, ") : "")}{ReportText.Time(_report.DurationMs)}{(_report.Run is { } by ? $", by {M(by.Actor)}" : "")}, deployment `{M(run.Deployment)}`");
        Problems();
        Steps();
        Decision();
        Tenants();
        Locks();
        Latency();
        Gates();
        Record();
        return _page.ToString();
    }

    private string M(string text) => _text.Markdown(text);

    private static string Mark(Conclusion? conclusion) => conclusion switch
    {
        Conclusion.Deployed or Conclusion.Restored => "✅",
        Conclusion.RolledBack => "↩️",
        Conclusion.Forbidden or Conclusion.Incomplete or Conclusion.Unverified => "🛑",
        Conclusion.Refused or Conclusion.Cancelled => "⛔",
        _ => "⏳",
    };

    private void Problems()
    {
        foreach (var problem in _report.Outcome.Problems.Take(Math.Min(_most, 50)))
        {
            Line($"### {M(problem.Code)} {M(problem.What)}");
            Line($"- **where** {M(problem.Where)}\n- **untouched** {M(problem.Untouched)}\n- **then** {M(problem.Now)}\n- **next** {M(problem.Next)}");
            if (problem.Evidence.Length > 0)
                Line(_text.Fenced(problem.Evidence));
        }

        More(_report.Outcome.Problems.Length, Math.Min(_most, 50));
    }

    private void Steps()
    {
        if (_report.Outcome.Steps.IsEmpty)
            return;
        Line("### Steps");
        Table("step", "result", "took:", "what");
        foreach (var step in _report.Outcome.Steps)
            Row(step.Step.Text(), step.Result is "failed" or "refused" ? $"**{step.Result}**" : step.Result, ReportText.Time(step.DurationMs), M(step.Summary));
        _page.Append('\n');
    }

    private void Decision()
    {
        if (_report.Outcome.Decision is not { } decision)
            return;
        Line($"### The way back: {M(decision.Row)}, {M(decision.Decision)}");
        Line($"because {M(decision.Reason)}");
        Items("1.", decision.Actions);
        Line("Evidence:");
        Items("-", _report.Evidence);
    }

    private void Tenants()
    {
        if (_report.Tenants.IsEmpty)
            return;
        var counts = _report.Tenants.GroupBy(t => t.State).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => ReportText.Text($"{g.Count():#,0} {g.Key}"));
        Line($"### Schemas: {string.Join(", ", counts)}");
        Table("schema", "state", "migrations", "took:", "attempts:");
        foreach (var tenant in _report.Tenants.OrderBy(t => t.State is "failed" ? 0 : t.State is "untouched" ? 1 : 2).ThenByDescending(t => t.DurationMs).Take(_most))
            Row(M(tenant.Schema), tenant.State == "failed" ? "**failed**" : tenant.State, M(tenant.Problem.Length > 0 ? tenant.Problem : HtmlReport.Moves(tenant)), tenant.Moves.IsEmpty ? "" : ReportText.Time(tenant.DurationMs), ReportText.Text($"{tenant.Attempts}"));
        _page.Append('\n');
        More(_report.Tenants.Length, _most);
    }

    private void Locks()
    {
        if (_report.Locks.IsEmpty)
            return;
        Line("### Locks that were waited for in vain");
        Table("schema", "migration", "lock", "held by", "waited:", "attempts:");
        foreach (var wait in _report.Locks.Take(_most))
            Row(M(wait.Schema), M(wait.Version.ToString()), M(wait.Lock), M(wait.HeldBy), ReportText.Time(wait.WaitedMs), ReportText.Text($"{wait.Attempts}"));
        _page.Append('\n');
        More(_report.Locks.Length, _most);
    }

    private void Latency()
    {
        if (_report.Latency is not { } latency)
            return;
        Line("### Latency (p95)");
        Table("when", "p95:", "failed:");
        if (latency.BeforeP95Ms is { } before)
            Row("before, at the front", ReportText.Latency(before), ReportText.Share(latency.BeforeErrorShare ?? 0));
        foreach (var reading in latency.After.GroupBy(r => (r.Gate, r.Subject)).Select(g => g.Last()).Take(_most))
            Row($"{M(reading.Gate)}, {M(reading.Subject)}", ReportText.Latency(reading.P95Ms), ReportText.Share(reading.ErrorShare));
        _page.Append('\n');
    }

    private void Gates()
    {
        if (_report.Gates.IsEmpty)
            return;
        Line("### Gates");
        Table("gate", "asked of", "verdict", "measured", "threshold");
        foreach (var gate in _report.Gates.Take(_most))
            Row(M(gate.Gate), M(gate.Subject), gate.Verdict == "pass" ? "pass" : $"**{M(gate.Verdict)}**", M(gate.Detail.Length == 0 ? gate.Measured : $"{gate.Measured}; {gate.Detail}"), M(gate.Threshold));
        _page.Append('\n');
        More(_report.Gates.Length, _most);
    }

    private void Record()
    {
        if (_report.Timeline.IsEmpty)
            return;
        Line("### The record");
        Table("time (UTC)", "after:", "step", "what");
        foreach (var entry in _report.Timeline.Take(_most))
            Row(ReportText.Text($"{entry.At.UtcDateTime:HH:mm:ss}"), ReportText.Time(entry.OffsetMs), entry.Step?.Text() ?? "", M(entry.Sentence));
        _page.Append('\n');
        More(_report.Timeline.Length, _most);
    }

    private void Items(string mark, IReadOnlyCollection<string> lines)
    {
        foreach (var line in lines.Take(Math.Min(_most, 50)))
            _page.Append(mark).Append(' ').Append(M(line)).Append('\n');
        _page.Append('\n');
        More(lines.Count, Math.Min(_most, 50));
    }

    private void Line(string text) => _page.Append(text.TrimEnd('\n')).Append("\n\n");

    /// <param name="columns">A colon behind one sets it to the right.</param>
    private void Table(params ReadOnlySpan<string> columns)
    {
        var rule = new StringBuilder("|");
        _page.Append('|');
        foreach (var column in columns)
        {
            _page.Append(' ').Append(column.TrimEnd(':')).Append(" |");
            rule.Append(column.EndsWith(':') ? "---:|" : "---|");
        }

        _page.Append('\n').Append(rule).Append('\n');
    }

    private void Row(params ReadOnlySpan<string> cells)
    {
        _page.Append('|');
        foreach (var cell in cells)
            _page.Append(' ').Append(cell).Append(" |");
        _page.Append('\n');
    }

    private void More(int all, int shown)
    {
        if (all > shown)
            Line(ReportText.Text($"… and {all - shown:#,0} more"));
    }
}
