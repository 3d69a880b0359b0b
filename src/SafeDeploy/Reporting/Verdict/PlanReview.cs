using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Rewrites;
using SafeDeploy.Risk.Verdict;

namespace SafeDeploy.Reporting.Verdict;

/// <summary>One statement of a change as people read it, ready for any sink.</summary>
/// <param name="EndLine">1-based line of its last character.</param>
/// <param name="Severity">Of its worst open finding; null when there is none.</param>
/// <param name="Locks">Those that keep somebody out, strongest first; may be empty.</param>
/// <param name="Waits">Who has to wait: <c>reads and writes</c>, <c>writes</c>, <c>schema changes</c> or <c>nobody</c>.</param>
/// <param name="Lasts">For how long: <c>for an instant</c>, <c>while public.sale is read</c>, or a time where sizes are known.</param>
/// <param name="Rewrite">The mechanical rewrite; null when there is none.</param>
public sealed record ReviewRow(
    string File,
    int Line,
    int EndLine,
    string Sql,
    Severity? Severity,
    ImmutableArray<(string Table, LockLevel Level)> Locks,
    string Waits,
    string Lasts,
    bool? Reversible,
    string Phase,
    ImmutableArray<Finding> Findings,
    Rewrite? Rewrite)
{
    public string Place => $"{File}:{Line}";
}

/// <summary>What <c>plan</c> says of a change: the verdict, the statements worth reading worst first, and the way back in advance.</summary>
/// <param name="Headline">The verdict in one line.</param>
/// <param name="Rows">Statements with a finding, or that somebody notices; worst first.</param>
/// <param name="Quiet">Statements that nobody notices.</param>
/// <param name="Fleet">What the change means over all tenants, one sentence each; empty where nothing is known of them.</param>
/// <param name="Notes">What could not be read or is only assumed.</param>
public sealed record PlanReview(
    bool Refused,
    Severity? Worst,
    string Headline,
    ImmutableArray<ReviewRow> Rows,
    int Quiet,
    WayBack WayBack,
    ImmutableArray<string> Fleet,
    ImmutableArray<string> Notes)
{
    /// <param name="lasts">How long a statement takes at production size; null where that is not known.</param>
    public static PlanReview Of(RiskReport report, RiskThreshold failOn, WayBack wayBack, Func<JudgedStatement, string?>? lasts = null)
    {
        var rows = WithMade(report).Select((s, i) => (Row: Row(s.Statement, s.Made, lasts?.Invoke(s.Statement)), s.Statement, Index: i))
            .Where(r => !r.Row.Findings.IsEmpty || r.Statement.Effect.Hazard)
            .OrderByDescending(r => r.Row.Severity is { } severity ? (int)severity : -1)
            .ThenByDescending(r => r.Statement.Effect.Hazard)
            .ThenBy(r => r.Index)
            .Select(r => r.Row)
            .ToImmutableArray();
        var refused = PlanFiles.Refuses(report, failOn);
        return new PlanReview(
            refused, report.Worst, VerdictLine.Of(report, refused, failOn), rows, report.Statements.Length - rows.Length, wayBack, [], report.Notes);
    }

    /// <summary>Each statement with the tables that it and those before it have made: nobody else has seen these yet.</summary>
    private static IEnumerable<(JudgedStatement Statement, HashSet<string> Made)> WithMade(RiskReport report)
    {
        var made = new HashSet<string>(StringComparer.Ordinal);
        var file = "";
        foreach (var statement in report.Statements)
        {
            // A file that is judged alone meets the tables that its neighbours make, with their rows.
            if (report.IsIndependent && statement.File != file)
                made.Clear();
            file = statement.File;
            made.UnionWith(statement.Effect.Acts.Where(a => a.Kind == ActKind.CreatesTable).Select(a => a.Table.ToString()));
            yield return (statement, made);
        }
    }

    private static ReviewRow Row(JudgedStatement statement, HashSet<string> made, string? lasts)
    {
        var open = statement.Open.ToImmutableArray();
        return new ReviewRow(
            statement.File,
            statement.Line,
            statement.Line + statement.Sql.AsSpan().Count('\n'),
            statement.Sql,
            open.IsEmpty ? null : open.Max(f => f.Severity),
            Locks(statement.Effect, made),
            Waits(statement.Effect, made),
            lasts ?? Lasts(statement.Effect),
            statement.Effect.Reversible,
            statement.Effect.Phase.ToString().ToLowerInvariant(),
            open,
            Rewriter.Of(statement));
    }

    private static ImmutableArray<(string Table, LockLevel Level)> Locks(StatementEffect effect, HashSet<string> made)
    {
        var seen = effect.Locks.Where(l => l.Value >= LockLevel.ShareUpdateExclusive && !made.Contains(l.Key)).Select(l => (Table: l.Key, Level: l.Value));
        (string Table, LockLevel Level)[] unseen = effect.UnseenLock > LockLevel.None ? [("a table that the text does not name", effect.UnseenLock)] : [];
        return [.. seen.Concat(unseen).OrderByDescending(l => l.Level).ThenBy(l => l.Table, StringComparer.Ordinal)];
    }

    private static string Waits(StatementEffect effect, HashSet<string> made)
    {
        var strongest = Locks(effect, made).Select(l => l.Level).DefaultIfEmpty(LockLevel.None).Max();
        return strongest.BlocksReads() ? "reads and writes" : strongest.BlocksWrites() ? "writes" : strongest > LockLevel.None ? "schema changes" : "nobody";
    }

    private static string Lasts(StatementEffect effect)
    {
        var worked = effect.Rewrites.IsEmpty ? effect.Scans : effect.Rewrites;
        var verb = effect.Rewrites.IsEmpty ? "read" : "rewritten";
        return worked.IsEmpty ? "for an instant" : $"while {string.Join(", ", worked.Take(3))} {(worked.Count > 1 ? "are" : "is")} {verb}";
    }
}
