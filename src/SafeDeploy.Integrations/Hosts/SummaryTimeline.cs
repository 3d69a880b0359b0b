using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>What happened when, as rows that a reader takes in at a glance. Pure.</summary>
/// <remarks>Results, reasons and problems stand in the tables beside it; whatever is left out is counted.</remarks>
public static class SummaryTimeline
{
    private const int RowsShown = 40;

    // Of the end more matters than of the beginning: there it went wrong.
    private const int FirstShown = 15;

    // A fleet that goes back does the same a thousand times.
    private const int AlikeShown = 3;

    private const int TextLength = 240;

    // Between two steps of a chain a deployment is parked for a moment; an approval is worth a row.
    private const long WaitShownMs = 60_000;

    private const string Counted = "counted";

    /// <summary>A section with a heading; empty when nothing happened.</summary>
    public static string Of(ImmutableArray<TimelineEntry> timeline)
    {
        var rows = Rows(timeline);
        if (rows.IsEmpty)
            return "";
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"\n#### Timeline, from {timeline[0].At.AddMilliseconds(-timeline[0].OffsetMs).UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC\n\n| after | took | what |\n|---:|---:|---|\n");
        foreach (var row in rows)
            text.Append(CultureInfo.InvariantCulture, $"| {row.After} | {row.Took} | {Markdown(row)} |\n");
        return text.ToString();
    }

    /// <summary>In the order in which things began; at most as many as a reader takes in.</summary>
    public static ImmutableArray<SummaryMoment> Rows(ImmutableArray<TimelineEntry> timeline)
    {
        var steps = timeline.Where(entry => entry.Kind == "step").ToImmutableArray();
        var changes = timeline.Where(entry => entry.Kind == "change").ToLookup(entry => entry.Step);
        var failed = timeline.Where(entry => entry.Kind == "failure").Select(entry => entry.Step).ToHashSet();
        return Few(Alike([.. timeline.Where(IsShown).Select(entry => (entry, BeganAt(entry, steps))).OrderBy(one => one.Item2)]));

        bool IsShown(TimelineEntry entry) => entry.Kind switch
        {
            "opened" or "done" or "prepare" => false,
            "parked" => entry.DurationMs >= WaitShownMs,
            // The only change of a step that went well is the step.
            "change" => entry.Step is null or StepName.Rollback || changes[entry.Step].Count() > 1 || failed.Contains(entry.Step),
            _ => true,
        };
    }

    /// <summary>A change is recorded when it ends. It does not begin before its step, whatever two clocks say.</summary>
    private static long BeganAt(TimelineEntry entry, ImmutableArray<TimelineEntry> steps)
    {
        if (entry is not { Kind: "change" or "scope", DurationMs: { } lasted })
            return entry.OffsetMs;
        var step = steps.LastOrDefault(other => other.Step == entry.Step && other.OffsetMs <= entry.OffsetMs);
        return Math.Max(step?.OffsetMs ?? 0, entry.OffsetMs - lasted);
    }

    private static IEnumerable<SummaryMoment> Alike(ImmutableArray<(TimelineEntry Entry, long At)> all)
    {
        for (var first = 0; first < all.Length;)
        {
            var count = all.Skip(first).TakeWhile(one => (one.Entry.Kind, one.Entry.Step) == (all[first].Entry.Kind, all[first].Entry.Step)).Count();
            var shown = count > AlikeShown + 1 && all[first].Entry.Kind != "change" ? AlikeShown : count;
            foreach (var (entry, at) in all.Skip(first).Take(shown))
                yield return Moment(entry, at);
            if (shown < count)
                yield return new SummaryMoment(Clock(all[first + shown].At), "", Counted, string.Create(CultureInfo.InvariantCulture, $"… and {count - shown} more like it, until {Clock(all[first + count - 1].At)}"));
            first += count;
        }
    }

    private static ImmutableArray<SummaryMoment> Few(IEnumerable<SummaryMoment> rows)
    {
        var all = rows.ToImmutableArray();
        if (all.Length <= RowsShown)
            return all;
        var left = all.Length - RowsShown + 1;
        return [.. all[..FirstShown], new SummaryMoment("", "", Counted, string.Create(CultureInfo.InvariantCulture, $"… {left} rows left out: see the report")), .. all[(FirstShown + left)..]];
    }

    // A gate's measurement stands nowhere else in a summary.
    private static SummaryMoment Moment(TimelineEntry entry, long at) => new(
        Clock(at), entry.DurationMs is { } lasted ? string.Create(CultureInfo.InvariantCulture, $"{lasted / 1000.0:0.0} s") : "", entry.Kind, entry.Kind == "gate" ? entry.Sentence : entry.Text);

    private static string Markdown(SummaryMoment row)
    {
        var text = HostMarkdown.Cut(HostMarkdown.Text(row.Text), TextLength).TrimEnd();
        return row.Kind switch
        {
            "failure" => $"❌ {text}",
            "rollback" => $"↩️ {text}",
            "commit" or "end" => $"**{text}**",
            _ => text,
        };
    }

    private static string Clock(long ms)
    {
        var time = TimeSpan.FromMilliseconds(ms);
        return string.Create(CultureInfo.InvariantCulture, $"+{(int)time.TotalHours}:{time:mm\\:ss}");
    }
}

/// <param name="After">Since the deployment began, as <c>+h:mm:ss</c>; may be empty in a row that counts what is left out.</param>
/// <param name="Took">Seconds with their unit; empty for a moment.</param>
/// <param name="Kind">As in <see cref="TimelineEntry.Kind"/>, or <c>counted</c>.</param>
/// <param name="Text">As others wrote it: escaped where it is shown.</param>
public sealed record SummaryMoment(string After, string Took, string Kind, string Text);
