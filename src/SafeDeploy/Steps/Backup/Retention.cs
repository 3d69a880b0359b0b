using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.Backup;

/// <param name="Prune">False = kept, and why.</param>
public sealed record RetentionVerdict(BackupSet Set, bool Prune, string Why);

/// <summary>Which sets go after a new one is complete. Pure.</summary>
/// <remarks>Only complete sets are looked at: an unfinished one never pushes a good one out.</remarks>
public static class Retention
{
    /// <param name="sets">All sets of the store; those of other projects and environments are left alone.</param>
    /// <param name="needed">Deployments whose set is a way back for what serves now, or for what is being deployed.</param>
    /// <returns>One verdict a set of this project and environment, newest first.</returns>
    public static ImmutableArray<RetentionVerdict> Judge(
        IEnumerable<BackupSet> sets, BackupLabel label, BackupKeep keep, IReadOnlySet<string> needed, DateTimeOffset now)
    {
        var mine = sets.Where(s => s.Label.Project == label.Project && s.Label.Environment == label.Environment)
            .OrderByDescending(s => s.TakenAt).ThenBy(s => s.Name, StringComparer.Ordinal).ToList();
        // What a restore replaced is a set too, but of one tenant or some files: it never stands for everything.
        var newestVerified = mine.Find(s => s.VerifiedLevel.Length > 0 && s.Label.IsWhole);
        var places = mine.Where(s => s.Label.IsWhole).Select((set, place) => (set, place)).ToDictionary(p => p.set, p => p.place);
        return [.. mine.Select(set => Of(set, places.GetValueOrDefault(set, int.MaxValue), newestVerified, keep, needed, now))];
    }

    private static RetentionVerdict Of(BackupSet set, int place, BackupSet? newestVerified, BackupKeep keep, IReadOnlySet<string> needed, DateTimeOffset now)
    {
        var age = now - set.TakenAt;
        var days = string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)age.TotalDays)} days old");
        if (set == newestVerified)
            return new RetentionVerdict(set, false, "the newest verified set");
        if (needed.Contains(set.Label.Deployment))
            return new RetentionVerdict(set, false, "a live release needs it");
        if (place < Math.Max(1, keep.AtLeast))
            return new RetentionVerdict(set, false, string.Create(CultureInfo.InvariantCulture, $"one of the newest {Math.Max(1, keep.AtLeast)}"));
        // A clock that was set back makes a set younger than nothing: it is kept.
        return age.TotalDays < keep.Days
            ? new RetentionVerdict(set, false, days)
            : new RetentionVerdict(set, true, string.Create(CultureInfo.InvariantCulture, $"{days}, keep.days is {keep.Days}"));
    }
}
