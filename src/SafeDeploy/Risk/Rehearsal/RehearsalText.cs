using System.Globalization;
using System.Text;

namespace SafeDeploy.Risk.Rehearsal;

/// <summary>A rehearsal as a person reads it: what does not come back first.</summary>
public static class RehearsalText
{
    private const int MostDifferences = 8;

    /// <summary>One line a migration, for progress.</summary>
    public static string Line(MigrationRehearsal one) =>
        string.Create(CultureInfo.InvariantCulture, $"{one.File}: {Word(one.Verdict)} (forward {one.ForwardMs} ms, back {one.RollbackMs} ms)");

    public static string Render(RehearsalReport report)
    {
        var text = new StringBuilder();
        var bad = report.Migrations.Where(m => m.Verdict != RehearsalVerdict.Restored).ToArray();
        text.AppendLine(bad.Length == 0
            ? string.Create(CultureInfo.InvariantCulture, $"All {report.Migrations.Length} migrations go forward, back and forward again on PostgreSQL {report.Server}.")
            : string.Create(CultureInfo.InvariantCulture, $"{bad.Length} of {report.Migrations.Length} migrations cannot be undone by their way back (PostgreSQL {report.Server})."));
        foreach (var one in bad)
            Explain(text, one);
        var locking = report.Migrations.Where(m => !m.Locks.IsEmpty).ToArray();
        if (locking.Length > 0)
            text.AppendLine().AppendLine("Locks taken on what existed before:");
        foreach (var one in locking)
            text.AppendLine($"  {one.File}: {string.Join(", ", one.Locks.Select(l => $"{l.Value} on {l.Key}"))}{Work(one)}");
        var disagreeing = report.Migrations.Where(m => !m.Disagreements.IsEmpty).ToArray();
        if (disagreeing.Length > 0)
            text.AppendLine().AppendLine("Predicted otherwise from the text alone:");
        foreach (var one in disagreeing)
            text.AppendLine($"  {one.File}: {string.Join("; ", one.Disagreements)}");
        foreach (var note in report.Migrations.SelectMany(m => m.Notes.Select(n => $"{m.File}: {n}")).Concat(report.Notes))
            text.AppendLine($"note: {note}");
        return text.ToString().TrimEnd();
    }

    private static void Explain(StringBuilder text, MigrationRehearsal one)
    {
        text.AppendLine($"  {one.File}: {Word(one.Verdict)}");
        foreach (var difference in one.Differences.Take(MostDifferences))
            text.AppendLine($"      {difference}");
        if (one.Differences.Length > MostDifferences)
            text.AppendLine(CultureInfo.InvariantCulture, $"      and {one.Differences.Length - MostDifferences} more");
    }

    private static string Work(MigrationRehearsal one) => (one.Traced.Rewrites.Count, one.Traced.Scans.Count) switch
    {
        (0, 0) => "",
        (0, _) => $"; reads all of {string.Join(", ", one.Traced.Scans)}",
        _ => $"; writes {string.Join(", ", one.Traced.Rewrites)} anew",
    };

    private static string Word(RehearsalVerdict verdict) => verdict switch
    {
        RehearsalVerdict.Restored => "restored",
        RehearsalVerdict.Differs => "differs: the way back leaves another schema",
        RehearsalVerdict.Empty => "empty: the way back does nothing",
        RehearsalVerdict.Fails => "fails: the way back is refused by the server",
        RehearsalVerdict.Missing => "missing: there is no way back",
        RehearsalVerdict.ForwardFails => "forward-fails: the migration is refused by the server",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };
}
