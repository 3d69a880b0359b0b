using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using SafeDeploy.Risk;

namespace SafeDeploy.Reporting.Verdict;

[JsonConverter(typeof(JsonStringEnumConverter<AnnotationLevel>))]
public enum AnnotationLevel
{
    [JsonStringEnumMemberName("notice")] Notice,
    [JsonStringEnumMemberName("warning")] Warning,
    [JsonStringEnumMemberName("failure")] Failure,
}

/// <summary>A remark on a line of a file, for a CI host to render; text only, nothing escaped yet.</summary>
/// <param name="EndLine">1-based, at least <paramref name="Line"/>.</param>
public sealed record Annotation(AnnotationLevel Level, string File, int Line, int EndLine, string Title, string Message);

/// <summary>The findings as annotations; hosts drop what is more than ten a level and step, so the worst come first and the rest is counted.</summary>
public static class ReviewAnnotations
{
    public const int PerLevel = 10;

    public static ImmutableArray<Annotation> Of(PlanReview review) =>
    [
        .. review.Rows
            .SelectMany(row => row.Findings.Select(finding => (row, finding)))
            .OrderByDescending(f => f.finding.Severity)
            .GroupBy(f => LevelOf(f.finding.Severity), f => Of(f.row, f.finding))
            .SelectMany(level => AtMost([.. level])),
    ];

    internal static AnnotationLevel LevelOf(Severity severity) => severity switch
    {
        Severity.Critical or Severity.High => AnnotationLevel.Failure,
        Severity.Medium or Severity.Low => AnnotationLevel.Warning,
        _ => AnnotationLevel.Notice,
    };

    private static Annotation Of(ReviewRow row, Finding finding) => new(
        LevelOf(finding.Severity), row.File, row.Line, row.EndLine, finding.Rule, $"{finding.Message}\n{finding.Remedy}");

    private static IEnumerable<Annotation> AtMost(ImmutableArray<Annotation> all)
    {
        if (all.Length <= PerLevel)
            return all;
        var more = all.Length - PerLevel + 1;
        var last = all[PerLevel - 1];
        return all.Take(PerLevel - 1).Append(last with
        {
            Title = string.Create(CultureInfo.InvariantCulture, $"and {more} more findings"),
            Message = $"{last.Message}\nThis and {(more - 1).ToString(CultureInfo.InvariantCulture)} more: see the summary.",
        });
    }
}
