using System.Globalization;
using System.Net;
using System.Text;
using SafeDeploy.Reporting;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>The post-mortem as the body of a work item, which is HTML. Pure; every text of others is escaped.</summary>
public static class PostMortemHtml
{
    private const int ProblemsShown = 10;
    private const int FailuresShown = 100;

    public static string Of(OutcomeDocument outcome, RunReport report, Uri run)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<p><b>{Text(outcome.Statement)}</b></p><p>{Text(report.Deployment)} ({Text(report.Project)}, {Text(report.Environment)}): {Text(report.From?.Display ?? "nothing")} &rarr; {Text(report.To?.Display ?? "nothing")}. <a href=\"{Text(run.AbsoluteUri)}\">The run</a></p>");
        if (report.Decision is { } decision)
            html.Append(CultureInfo.InvariantCulture, $"<p>Decision {Text(decision.Row)}: {Text(decision.Decision)}, because {Text(decision.Reason)}</p>");
        foreach (var one in report.Problems.Take(ProblemsShown))
            html.Append(CultureInfo.InvariantCulture, $"<p><b>{Text(one.Code)}</b> {Text(one.What)}<br>where: {Text(one.Where)}<br>untouched: {Text(one.Untouched)}<br>now: {Text(one.Now)}<br>next: {Text(one.Next)}</p>");
        if (!report.Failures.IsEmpty)
            html.Append(CultureInfo.InvariantCulture, $"<p>Failed schemas ({report.Failures.Length}):</p><ul>{string.Concat(report.Failures.Take(FailuresShown).Select(f => $"<li>{Text(f.Schema)}: {Text(f.Code)} {Text(f.What)}</li>"))}</ul>");
        if (SummaryTimeline.Rows(outcome.Timeline) is { IsEmpty: false } rows)
            html.Append(CultureInfo.InvariantCulture, $"<h2>Timeline</h2><table>{string.Concat(rows.Select(row => $"<tr><td>{row.After}</td><td>{row.Took}</td><td>{Text(row.Text)}</td></tr>"))}</table>");
        return html.Append("<h2>Post-mortem</h2><ul><li><b>Impact</b> who noticed what, from when to when</li><li><b>Detection</b> which gate or person saw it first</li><li><b>Cause</b></li><li><b>Lessons</b> what went well, what did not</li><li><b>Actions</b> each with an owner and a date</li></ul>").ToString();
    }

    private static string Text(string text) => WebUtility.HtmlEncode(HostMarkdown.Cut(text, 2000).TrimEnd());
}
