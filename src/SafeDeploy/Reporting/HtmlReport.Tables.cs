using SafeDeploy.Migrations;
using SafeDeploy.Runs;

namespace SafeDeploy.Reporting;

public sealed partial class HtmlReport
{
    private void TenantTable()
    {
        _page.Append("<div class=\"scroll\" style=\"margin-top:20px\">");
        Table("schema", "state", "migrations", "+time", "+attempts");
        foreach (var tenant in _report.Tenants.OrderBy(t => t.State is "failed" ? 0 : t.State is "untouched" ? 1 : 2).ThenByDescending(t => t.DurationMs).Take(MostRows))
            Row(
                ("", $"<bdi>{E(tenant.Schema)}</bdi>"),
                ("k", $"<span class=\"state {ReportWords.StateTone(tenant.State)}\">{tenant.State}</span>"),
                ("", tenant.Problem.Length > 0 ? E(tenant.Problem) : $"<span class=\"mono\">{E(Moves(tenant))}</span>"),
                ("n", tenant.Moves.IsEmpty ? "" : ReportText.Time(tenant.DurationMs)),
                ("n", tenant.Attempts == 0 ? "" : ReportText.Text($"{tenant.Attempts}")));
        _page.Append("</tbody></table></div>");
        More(_report.Tenants.Length);
    }

    internal static string Moves(TenantReport tenant) => string.Join(", ", tenant.Moves.GroupBy(m => m.Version)
        .Select(v => v.Last().Direction == Direction.Rollback ? $"{v.Key} back" : v.Key.ToString()));

    private void Locks()
    {
        if (_report.Locks.IsEmpty)
            return;
        Open("Locks that were waited for in vain", "");
        _page.Append("<div class=\"scroll\">");
        Table("schema", "migration", "lock", "held by", "+waited", "+attempts");
        foreach (var wait in _report.Locks.Take(MostRows))
            Row(
                ("", $"<bdi>{E(wait.Schema)}</bdi>"), ("k", $"<span class=\"mono\">{E(wait.Version.ToString())}</span>"), ("", E(wait.Lock)), ("", E(wait.HeldBy)),
                ("n", ReportText.Time(wait.WaitedMs)), ("n", ReportText.Text($"{wait.Attempts}")));
        _page.Append("</tbody></table></div>");
        More(_report.Locks.Length);
        Close();
    }

    private void Gates()
    {
        if (_report.Gates.IsEmpty)
            return;
        Open("Gates", "long");
        _page.Append("<div class=\"scroll\">");
        Table("gate", "asked of", "verdict", "measured", "threshold");
        foreach (var gate in _report.Gates.Take(MostRows))
            Row(
                ("", E(gate.Gate)), ("k", E(Asked(gate.Subject))), ("k", $"<span class=\"state {ReportWords.StateTone(gate.Verdict)}\">{E(gate.Verdict)}</span>"),
                ("", E(gate.Detail.Length == 0 ? gate.Measured : $"{gate.Measured}; {gate.Detail}")), ("", E(gate.Threshold)));
        _page.Append("</tbody></table></div>");
        More(_report.Gates.Length);
        Close();
    }

    private void Log()
    {
        if (_report.Timeline.IsEmpty)
            return;
        Open("The record", "long");
        _page.Append("<div class=\"scroll\">");
        Table("time (UTC)", "+after", "step", "what");
        foreach (var entry in _report.Timeline.Take(MostRows))
            Row(
                ("k", ReportText.Text($"{entry.At.UtcDateTime:HH:mm:ss}")), ("n", ReportText.Time(entry.OffsetMs)), ("k", entry.Step?.Text() ?? ""),
                ("", entry.Kind == "failure" ? $"<span class=\"state bad\">{E(entry.Sentence)}</span>" : E(entry.Sentence)));
        _page.Append("</tbody></table></div>");
        More(_report.Timeline.Length);
        Close();
    }

    /// <param name="columns">A plus sign before one sets it to the right.</param>
    private void Table(params ReadOnlySpan<string> columns)
    {
        _page.Append("<table><thead><tr>");
        foreach (var column in columns)
            _page.Append(column.StartsWith('+') ? "<th class=\"n\">" : "<th>").Append(column.TrimStart('+')).Append("</th>");
        _page.Append("</tr></thead><tbody>");
    }

    /// <param name="cells">Class and content; the content is markup, made by the caller.</param>
    private void Row(params ReadOnlySpan<(string Class, string Markup)> cells)
    {
        _page.Append("<tr>");
        foreach (var (style, markup) in cells)
            _page.Append(style.Length == 0 ? "<td>" : $"<td class=\"{style}\">").Append(markup).Append("</td>");
        _page.Append("</tr>\n");
    }
}
