using System.Text;

namespace SafeDeploy.Reporting;

/// <summary>The report as one page that needs nothing else: no script, no font, no picture from elsewhere; light, dark and on paper.</summary>
public sealed partial class HtmlReport
{
    private const int MostRows = 200;

    private readonly DeploymentReport _report;
    private readonly ReportText _text;
    private readonly StringBuilder _page = new();

    private HtmlReport(DeploymentReport report, Redactor redactor) => (_report, _text) = (report, new ReportText(redactor));

    public static string Render(DeploymentReport report, Redactor redactor) => new HtmlReport(report, redactor).Page();

    private string Page()
    {
        var run = _report.Outcome;
        // The policy is a second wall behind the escaping: whatever got through would not run.
        _page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
            .Append("<title>").Append(E($"{run.Project} {run.To?.Version} to {run.Environment}: {ReportWords.Of(run.Conclusion)}")).Append("</title>\n<style>\n")
            .Append(HtmlStyle.Css).Append("\n</style>\n</head>\n<body>\n<main>\n");
        Header(run);
        Tiles();
        Problems();
        Timeline();
        Decision();
        Tenants();
        Locks();
        Latency();
        Gates();
        Log();
        _page.Append("<footer>").Append(E($"made from the ledger of deployment {run.Deployment}; format {_report.Format}")).Append("</footer>\n</main>\n</body>\n</html>\n");
        return _page.ToString();
    }

    private string E(string text) => _text.Html(text);

    private void Header(RunReport run)
    {
        _page.Append("<header class=\"").Append(ReportWords.Tone(run.Conclusion)).Append("\"><span class=\"badge\">").Append(E(ReportWords.Of(run.Conclusion)))
            .Append("</span>\n<h1>").Append(E(run.Statement)).Append("</h1>\n<dl class=\"meta\">");
        Meta("Project", run.Project);
        Meta("Environment", run.Environment);
        Meta("Release", $"{run.From?.Version ?? "nothing"} → {run.To?.Version ?? "nothing"}");
        if (run.StartedAt is { } started)
            Meta("Started", ReportText.Text($"{started.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"));
        Meta(_report.EndedAt is null ? "So far" : "Took", ReportText.Time(_report.DurationMs));
        if (_report.Run is { } by)
            Meta("By", $"{by.Actor} on {by.Host}");
        Meta("Deployment", run.Deployment);
        if (run.To?.Digest is { } digest)
            Meta("Digest", digest);
        _page.Append("</dl>");
        if (_report.Run?.Url is { Scheme: "https" or "http" } url)
            _page.Append("<p class=\"more\"><a href=\"").Append(E(url.AbsoluteUri)).Append("\" rel=\"noreferrer\">").Append(E(url.AbsoluteUri)).Append("</a></p>");
        _page.Append("</header>\n");
    }

    private void Meta(string name, string value) =>
        _page.Append("<div><dt>").Append(name).Append("</dt><dd><bdi>").Append(E(value)).Append("</bdi></dd></div>");

    private void Tiles()
    {
        var tenants = _report.Tenants;
        _page.Append("<div class=\"tiles\">");
        Tile(ReportText.Text($"{tenants.Count(t => t.State == "forward"):#,0} of {tenants.Length:#,0}"), "schemas at the new version");
        if (tenants.Any(t => t.State == "back"))
            Tile(ReportText.Text($"{tenants.Count(t => t.State == "back"):#,0}"), "taken back to the old version");
        if (tenants.Any(t => t.State == "failed"))
            Tile(ReportText.Text($"{tenants.Count(t => t.State == "failed"):#,0}"), "failed");
        if (tenants.Where(t => t.DurationMs > 0).MaxBy(t => t.DurationMs) is { } slowest)
            Tile(ReportText.Time(slowest.DurationMs), $"slowest schema: {slowest.Schema}");
        Tile(_report.Locks.IsEmpty ? "none" : ReportText.Time(_report.Locks.Sum(l => l.WaitedMs)), _report.Locks.IsEmpty ? "locks that had to be waited for" : $"waited for {ReportText.Count(_report.Locks.Length, "lock", "locks")} in vain");
        if (_report.Latency is { } latency)
            LatencyTile(latency.BeforeP95Ms, LastAtTheFront(latency)?.P95Ms);
        _page.Append("</div>\n");
    }

    private void Tile(string value, string label) => _page.Append("<div class=\"tile\"><b>").Append(E(value)).Append("</b><span>").Append(E(label)).Append("</span></div>");

    private void LatencyTile(double? before, double? after)
    {
        var values = new[] { before, after }.OfType<double>().Select(ReportText.Latency).ToArray();
        var label = (before, after) switch
        {
            (not null, not null) => "p95 at the front, before and after",
            (not null, null) => "p95 at the front before; not asked after",
            (null, not null) => "p95 at the front after; not measured before",
            _ => "",
        };
        if (values.Length > 0)
            Tile(string.Join(" → ", values), label);
    }

    private void Problems()
    {
        if (_report.Outcome.Problems.IsEmpty)
            return;
        Open("What went wrong", "long");
        foreach (var problem in _report.Outcome.Problems.Take(MostRows))
        {
            _page.Append("<div class=\"problem\"><h3><code>").Append(E(problem.Code)).Append("</code> ").Append(E(problem.What)).Append("</h3><dl class=\"facts\">");
            foreach (var (name, value) in new[] { ("where", problem.Where), ("untouched", problem.Untouched), ("then", problem.Now), ("next", problem.Next) })
                _page.Append("<dt>").Append(name).Append("</dt><dd>").Append(E(value)).Append("</dd>");
            _page.Append("</dl>");
            if (problem.Evidence.Length > 0)
                _page.Append("<pre>").Append(E(problem.Evidence)).Append("</pre>");
            _page.Append("</div>\n");
        }

        More(_report.Outcome.Problems.Length);
        Close();
    }

    private void Decision()
    {
        if (_report.Outcome.Decision is not { } decision)
            return;
        Open("The way back", "");
        _page.Append("<div class=\"decision ").Append(decision.Row == "f" ? "tone-bad" : "tone-calm").Append("\"><div class=\"letter\">").Append(E(decision.Row)).Append("</div><div>")
            .Append("<p><b>").Append(E(decision.Decision)).Append("</b></p><p>because ").Append(E(decision.Reason)).Append("</p><div class=\"two\"><div>");
        List("Evidence", "ul", _report.Evidence);
        _page.Append("</div><div>");
        List("Actions, in order", "ol", decision.Actions);
        _page.Append("</div></div></div></div>");
        Close();
    }

    private void List(string title, string kind, IReadOnlyCollection<string> lines)
    {
        _page.Append("<h3>").Append(title).Append("</h3><").Append(kind).Append('>');
        foreach (var line in lines.Take(20))
            _page.Append("<li>").Append(E(line)).Append("</li>");
        _page.Append("</").Append(kind).Append('>');
        if (lines.Count == 0)
            _page.Append("<p class=\"soft\">none</p>");
        More(lines.Count, 20);
    }

    private void Open(string title, string style) => _page.Append("<section").Append(style.Length == 0 ? "" : $" class=\"{style}\"").Append("><h2>").Append(title).Append("</h2>\n");

    private void Close() => _page.Append("</section>\n");

    private void More(int all, int shown = MostRows)
    {
        if (all > shown)
            _page.Append("<p class=\"more\">").Append(ReportText.Text($"and {all - shown:#,0} more; the JSON report has all of them")).Append("</p>");
    }

    private static LatencyReading? LastAtTheFront(LatencyReport latency) => latency.After.LastOrDefault(reading => reading.Subject == "front");
}
