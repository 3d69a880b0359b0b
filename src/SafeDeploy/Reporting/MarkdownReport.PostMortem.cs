namespace SafeDeploy.Reporting;

/// <summary>The record of a deployment as the beginning of its post-mortem.</summary>
public sealed partial class MarkdownReport
{
    /// <summary>What the record cannot tell: people write it. The same words in a file and in an issue.</summary>
    public const string Questions = """
        - **Impact** who noticed what, from when to when
        - **Detection** which gate or person saw it first
        - **Cause**
        - **Lessons** what went well, what did not
        - **Actions** each with an owner and a date

        """;

    /// <summary>The timeline, the decision and its evidence filled in; cause, lessons and actions as headings to write under.</summary>
    public static string PostMortem(DeploymentReport report, Redactor redactor) => new MarkdownReport(report, redactor, int.MaxValue).Review();

    private string Review()
    {
        var run = _report.Outcome;
        Line($"# Post-mortem: {M(run.Project)} {M(run.To?.Version ?? "nothing")} to {M(run.Environment)}, {M(ReportWords.Of(run.Conclusion))}");
        Line($"{M(run.Statement)}");
        Table("", "");
        Row("deployment", $"`{M(run.Deployment)}`");
        Row("release", $"{M(run.From?.Display ?? "nothing")} → {M(run.To?.Display ?? "nothing")}");
        Row("from, to (UTC)", ReportText.Text($"{run.StartedAt?.UtcDateTime:yyyy-MM-dd HH:mm:ss}, {_report.EndedAt?.UtcDateTime:yyyy-MM-dd HH:mm:ss}"));
        Row("took", ReportText.Time(_report.DurationMs));
        Row("by", M(_report.Run is { } by ? $"{by.Actor}{(by.Url is { } url ? $", {url}" : "")}" : "unknown"));
        _page.Append('\n');
        Line("## To be written");
        _page.Append(Questions).Append('\n');
        Line("## The first signs");
        Items("-", [.. _report.Timeline.Where(IsSign).Take(10).Select(e => ReportText.Text($"{e.At.UtcDateTime:HH:mm:ss} {e.Sentence}"))]);
        Line("## What is known");
        Problems();
        Decision();
        Tenants();
        Locks();
        Latency();
        Gates();
        Record();
        return _page.ToString();
    }

    /// <summary>The timeline has no line for a gate that passed; what proved the previous image is no sign of trouble either.</summary>
    private static bool IsSign(TimelineEntry entry) => entry.Kind == "failure" || (entry.Kind == "gate" && entry.Text.StartsWith("gate ", StringComparison.Ordinal));
}
