using System.Collections.Immutable;

namespace SafeDeploy.Migrations;

/// <summary>One way in which a scope's history and the folder disagree.</summary>
public abstract record HistoryDeviation
{
    private HistoryDeviation() { }

    public abstract MigrationVersion Version { get; }

    /// <summary>The file of an applied migration was edited afterwards.</summary>
    public sealed record ChecksumChanged(Migration File, string Recorded) : HistoryDeviation
    {
        public override MigrationVersion Version => File.Version;
    }

    /// <summary>An applied migration has no file any more.</summary>
    public sealed record FileGone(MigrationVersion Gone, string Name) : HistoryDeviation
    {
        public override MigrationVersion Version => Gone;
    }

    /// <summary>A migration older than the newest applied one was never applied.</summary>
    public sealed record OutOfOrder(Migration File, MigrationVersion Newest) : HistoryDeviation
    {
        public override MigrationVersion Version => File.Version;
    }
}

/// <param name="Pending">What would be applied, in order; empty when up to date.</param>
/// <param name="Deviations">Any of them forbids migrating the scope. May be empty.</param>
public sealed record HistoryComparison(ImmutableArray<Migration> Pending, ImmutableArray<HistoryDeviation> Deviations);

/// <summary>Compares what a scope's history says with what the folder holds.</summary>
public static class History
{
    /// <summary>The row that <c>adopt --at none</c> writes: the scope's tables are known, no migration is applied.</summary>
    public static readonly MigrationVersion Nothing = new("0");

    public static HistoryComparison Compare(MigrationSet set, ImmutableArray<AppliedMigration> applied)
    {
        var recorded = applied.ToDictionary(a => a.Version.Canonical, StringComparer.Ordinal);
        var files = set.Migrations.ToDictionary(m => m.Version.Canonical, StringComparer.Ordinal);
        var pending = set.Migrations.Where(m => recorded.GetValueOrDefault(m.Version.Canonical) is null or { Partial: true }).ToImmutableArray();
        if (set.Layout == MigrationSet.OfCommand)
            return new HistoryComparison(pending, []);
        var newest = applied.Where(a => !a.Partial).Select(a => a.Version).Where(version => version != Nothing).Max();
        var gone = applied.Where(a => !files.ContainsKey(a.Version.Canonical) && a.Version != Nothing)
            .OrderBy(a => a.Version)
            .Select(HistoryDeviation (a) => new HistoryDeviation.FileGone(a.Version, a.Name));
        var changed = set.Migrations
            .Where(m => recorded.TryGetValue(m.Version.Canonical, out var row) && IsChanged(m.Checksum, row.Checksum))
            .Select(HistoryDeviation (m) => new HistoryDeviation.ChecksumChanged(m, recorded[m.Version.Canonical].Checksum));
        var late = newest is null ? [] : pending
            .Where(m => m.Version.CompareTo(newest) < 0)
            .Select(HistoryDeviation (m) => new HistoryDeviation.OutOfOrder(m, newest));
        return new HistoryComparison(pending, [.. gone, .. changed, .. late]);
    }

    // Another program's migrations (engine: command) have no checksum.
    private static bool IsChanged(string file, string recorded) => recorded.Length > 0 && file.Length > 0 && file != recorded;
}
