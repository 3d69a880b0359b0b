using System.Globalization;
using System.Text;
using SafeDeploy.Reporting;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>Renders a plan as Markdown for a comment or a summary, inside a limit. Pure.</summary>
public static class PlanText
{
    /// <summary>Found again by its first line; a reader does not see it.</summary>
    public static string Marker(string environment) => $"<!-- safe-deploy:plan:{string.Concat(environment.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))} -->";

    /// <param name="limit">In characters, marker and link included.</param>
    public static string Comment(PlanView plan, Uri run, int limit) => Fit(plan, $"{Marker(plan.Environment)}\n", $"\n[The whole plan]({run.AbsoluteUri})\n", limit);

    public static string Summary(PlanView plan, int limit) => Fit(plan, "", "\n", limit);

    private static string Fit(PlanView plan, string before, string after, int limit)
    {
        var head = new StringBuilder(before);
        if (plan.Markdown.Length > 0)
            return head.Append(plan.Markdown.TrimEnd()).Append('\n').Append(after).ToString();
        head.Append(CultureInfo.InvariantCulture, $"### {(plan.Refuses ? "❌" : plan.HasRisk ? "⚠️" : "✅")} safe-deploy plan: {HostMarkdown.Text(plan.Headline)}\n\n");
        // What people wrote is cut, so that the table and the end always find room.
        foreach (var (label, text) in plan.Lines.Take(50))
            head.Append(CultureInfo.InvariantCulture, $"- **{HostMarkdown.Text(label)}** {HostMarkdown.Cut(HostMarkdown.Text(text), 600)}\n");
        if (plan.Findings.IsEmpty)
            return head.Append(after).ToString();
        head.Append("\n| severity | where | what | instead |\n|---|---|---|---|\n");
        return HostMarkdown.Fit(
            head.ToString(), [.. plan.Findings.Select(Row)], n => string.Create(CultureInfo.InvariantCulture, $"\n… and {n} more\n"), after, limit);
    }

    private static string Row(RiskLine f) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {HostMarkdown.Text(f.Severity)} | {HostMarkdown.Text(f.File)}:{f.Line} | {HostMarkdown.Text(f.Message)} ({HostMarkdown.Text(f.Rule)}) | {HostMarkdown.Text(f.Remedy)} |\n");
}
