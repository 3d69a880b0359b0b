using System.Globalization;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>How large the next set may become. Pure.</summary>
/// <param name="How">The reckoning in words, with its numbers.</param>
public sealed record SpaceForecast(long Bytes, string How)
{
    // A dump grows faster than the database where what is written compresses badly.
    private const double Margin = 1.5;

    /// <param name="last">The newest set of the same database, or null.</param>
    public static SpaceForecast Of(long databaseBytes, long fileBytes, BackupManifest? last)
    {
        var files = fileBytes == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {Megabytes(fileBytes)} of files");
        if (last is not { DatabaseBytes: > 0 })
            return new SpaceForecast(databaseBytes + fileBytes, $"the database has {Megabytes(databaseBytes)}{files}, and there is no earlier set to tell how small a dump of it is");
        var dumps = last.Parts.Where(p => p.File != FilesPart.Name).Sum(p => p.Bytes);
        var ratio = Math.Min(1, Margin * dumps / last.DatabaseBytes);
        return new SpaceForecast(
            (long)(databaseBytes * ratio) + fileBytes,
            string.Create(CultureInfo.InvariantCulture, $"the last set took {Megabytes(dumps)} of {Megabytes(last.DatabaseBytes)}, the database has {Megabytes(databaseBytes)} now{files}, half as much again is added"));
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MB");
}
