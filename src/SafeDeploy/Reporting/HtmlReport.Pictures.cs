using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;

namespace SafeDeploy.Reporting;

public sealed partial class HtmlReport
{
    private const int MostInWaterfall = 600;

    private static readonly ImmutableArray<long> Buckets = [5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, long.MaxValue];

    private void Timeline()
    {
        if (_report.Spans.IsEmpty)
            return;
        var axis = new TimeAxis(_report.Spans.Select(s => (s.StartMs, s.StartMs + s.DurationMs)));
        Open("What happened when", "");
        _page.Append("<div class=\"rows\">");
        var commit = _report.Timeline.FirstOrDefault(t => t.Kind == "commit");
        foreach (var step in _report.Spans.GroupBy(s => s.Step))
        {
            _page.Append("<div class=\"row\"><div class=\"name\">").Append(step.Key.Text()).Append("</div><div class=\"track\">");
            foreach (var span in step)
                Bar(axis.At(span.StartMs), axis.At(span.StartMs + span.DurationMs), BarTone(span));
            if (commit is not null)
                _page.Append("<u style=\"left:").Append(Percent(axis.At(commit.OffsetMs))).Append("\" title=\"commit point\"></u>");
            _page.Append("</div><div class=\"val\">").Append(ReportText.Time(step.Sum(s => s.DurationMs))).Append("</div></div>\n");
        }

        var end = _report.Spans.Max(s => s.StartMs + s.DurationMs);
        _page.Append("</div><div class=\"row scale\"><div></div><div class=\"axis\"><span>0</span><span>").Append(ReportText.Time(end)).Append("</span></div><div></div></div>")
            .Append("<div class=\"legend\"><span><i class=\"good\"></i>succeeded</span><span><i class=\"bad\"></i>failed</span><span><i class=\"back\"></i>going back</span><span><i class=\"skip\"></i>nothing to do</span>")
            .Append(commit is null ? "" : "<span>┆ commit point</span>").Append(axis.IsShortened ? "<span>waits between steps are drawn shorter</span>" : "").Append("</div>");
        Close();
    }

    private static string BarTone(StepSpan span) => span switch
    {
        { Result: "failed" or "refused" } => "bad",
        { Result: "open" } => "open",
        { Result: "skipped" } => "skip",
        { Step: StepName.Rollback } => "back",
        _ => "good",
    };

    private void Bar(double from, double to, string tone) =>
        _page.Append("<i class=\"").Append(tone).Append("\" style=\"left:min(").Append(Percent(from)).Append(",calc(100% - 3px));width:").Append(Percent(Math.Max(0, to - from))).Append("\"></i>");

    private void Tenants()
    {
        if (_report.Tenants.IsEmpty)
            return;
        Open("Schemas", "long");
        var moved = _report.Tenants.Where(t => !t.Moves.IsEmpty).ToImmutableArray();
        if (!moved.IsEmpty)
        {
            _page.Append("<div class=\"two\"><div>");
            Waterfall(moved);
            _page.Append("</div><div>");
            Histogram(moved);
            _page.Append("</div></div><h3 style=\"margin-top:20px\">The slowest</h3><div class=\"rows\">");
            var slowest = moved.OrderByDescending(t => t.DurationMs).Take(8).ToArray();
            foreach (var tenant in slowest)
            {
                _page.Append("<div class=\"row\"><div class=\"name\"><bdi>").Append(E(tenant.Schema)).Append("</bdi></div><div class=\"track\">");
                Bar(0, (double)tenant.DurationMs / Math.Max(1, slowest[0].DurationMs), tenant.State == "back" ? "back" : "calm");
                _page.Append("</div><div class=\"val\">").Append(ReportText.Time(tenant.DurationMs)).Append("</div></div>\n");
            }

            _page.Append("</div>");
        }

        TenantTable();
        Close();
    }

    /// <summary>Each schema's moves over time, in the order they began: parallel work and waves can be seen.</summary>
    private void Waterfall(ImmutableArray<TenantReport> moved)
    {
        // Of a large fleet every n-th: the picture is of the whole, not of its beginning.
        var step = (moved.Length + MostInWaterfall - 1) / MostInWaterfall;
        var shown = moved.OrderBy(t => t.Moves[0].StartMs).Where((_, i) => i % step == 0).ToArray();
        var axis = new TimeAxis(moved.SelectMany(t => t.Moves).Select(m => (m.StartMs, m.StartMs + m.DurationMs)));
        var first = moved.Min(t => t.Moves[0].StartMs);
        var offset = axis.At(first);
        var scale = 1000 / Math.Max(0.0001, 1 - offset);
        _page.Append("<h3>Each schema over time").Append(step > 1 ? ReportText.Text($", every {step}th") : "").Append("</h3>")
            .Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 1000 {shown.Length * 10}\" preserveAspectRatio=\"none\" style=\"height:{Math.Clamp(shown.Length * 10, 40, 260)}px\" role=\"img\" aria-label=\"moves of {shown.Length} schemas over time\">");
        for (var row = 0; row < shown.Length; row++)
            foreach (var move in shown[row].Moves)
            {
                var x = (axis.At(move.StartMs) - offset) * scale;
                var width = Math.Max(3, (axis.At(move.StartMs + move.DurationMs) - offset) * scale - x);
                _page.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(move.Direction == Direction.Forward ? "f" : "b")}\" x=\"{Math.Min(997, x):0.#}\" y=\"{row * 10 + 1}\" width=\"{width:0.#}\" height=\"8\"/>");
            }

        var last = moved.Max(t => t.Moves.Max(m => m.StartMs + m.DurationMs));
        _page.Append("</svg><div class=\"axis\"><span>").Append("after ").Append(ReportText.Time(first)).Append("</span><span>").Append(ReportText.Time(last - first)).Append(" later</span></div>")
            .Append("<div class=\"legend\"><span><i></i>forward</span>").Append(moved.Any(t => t.Moves.Any(m => m.Direction == Direction.Rollback)) ? "<span><i class=\"back\"></i>back</span>" : "").Append("</div>");
    }

    private void Histogram(ImmutableArray<TenantReport> moved)
    {
        var counts = Buckets.Select((upTo, i) => moved.Count(t => t.DurationMs <= upTo && (i == 0 || t.DurationMs > Buckets[i - 1]))).ToArray();
        // At least six: one lonely bar across the whole width says nothing.
        var first = Math.Clamp(Array.FindIndex(counts, c => c > 0), 0, Buckets.Length - 6);
        var last = Math.Max(Array.FindLastIndex(counts, c => c > 0), first + 5);
        _page.Append("<h3>How long they took</h3><div class=\"bars\" style=\"margin-top:22px\">");
        for (var i = first; i <= last; i++)
            _page.Append(CultureInfo.InvariantCulture, $"<div style=\"height:{100.0 * counts[i] / counts.Max():0.#}%\">{(counts[i] > 0 ? $"<em>{counts[i]}</em>" : "")}</div>");
        _page.Append("</div><div class=\"ticks\">");
        for (var i = first; i <= last; i++)
            _page.Append("<div>").Append(Buckets[i] == long.MaxValue ? "longer" : $"≤ {Short(Buckets[i])}").Append("</div>");
        _page.Append("</div>");
    }

    private static string Short(long ms) => ms < 1000 ? ReportText.Text($"{ms} ms") : ReportText.Text($"{ms / 1000} s");

    private void Latency()
    {
        if (_report.Latency is not { } latency)
            return;
        Open("Latency, before and after", "");
        var lines = latency.After.GroupBy(r => (r.Gate, r.Subject))
            .Select(g => (Name: $"{g.Key.Gate}, {Asked(g.Key.Subject)}", g.Last().P95Ms, Errors: (double?)g.Last().ErrorShare)).ToList();
        if (latency.BeforeP95Ms is { } before)
            lines.Insert(0, ("before, at the front", before, latency.BeforeErrorShare));
        var longest = Math.Max(0.001, lines.Max(l => l.P95Ms));
        _page.Append("<div class=\"rows wide\">");
        foreach (var (name, p95, errors) in lines.Take(20))
        {
            _page.Append("<div class=\"row\"><div class=\"name\">").Append(E(name)).Append("</div><div class=\"track\">");
            Bar(0, p95 / longest, name.StartsWith("before,", StringComparison.Ordinal) ? "skip" : errors > 0 ? "bad" : "good");
            _page.Append("</div><div class=\"val\">").Append(ReportText.Latency(p95)).Append("</div></div>\n");
        }

        _page.Append("</div><p class=\"more\">95th percentile of the response times").Append(latency.BeforeSamples > 0 ? ReportText.Text($"; before: {ReportText.Count(latency.BeforeSamples, "request", "requests")}, {ReportText.Share(latency.BeforeErrorShare ?? 0)} failed") : "; not measured before").Append("</p>");
        Close();
    }

    private static string Asked(string subject) => subject switch
    {
        "front" => "at the front",
        "new" => "new instances",
        "previous" => "previous release",
        _ => subject,
    };

    private static string Percent(double share) => ReportText.Text($"{Math.Clamp(share, 0, 1) * 100:0.##}%");
}
