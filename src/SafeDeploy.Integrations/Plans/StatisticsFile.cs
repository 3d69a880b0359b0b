using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Plans;

/// <summary>The export of production's structure and sizes that a pull request is judged with.</summary>
public static class StatisticsFile
{
    public const string DefaultName = "safe-deploy.stats.json";

    /// <summary>Fails with SD0471 where the file is missing, damaged or of another version.</summary>
    /// <param name="shown">The path as it was given.</param>
    public static async Task<FleetStatistics> ReadAsync(string path, string shown, CancellationToken cancellation)
    {
        try
        {
            await using var file = File.OpenRead(path);
            var statistics = await JsonSerializer.DeserializeAsync(file, FleetStatisticsJson.Default.FleetStatistics, cancellation);
            return statistics switch
            {
                null => throw new ProblemException(PlanSourceProblems.NoStatistics(shown, "it is empty")),
                { Version: not FleetStatistics.CurrentVersion } => throw new ProblemException(PlanSourceProblems.NoStatistics(shown, "it was written by another version")),
                _ when !IsWhole(statistics) => throw new ProblemException(PlanSourceProblems.NoStatistics(shown, "sizes are missing in it")),
                _ => statistics,
            };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ProblemException(PlanSourceProblems.NoStatistics(shown, failure.Message), failure);
        }
    }

    /// <param name="withNames">False: what stands for a tenant cannot be read back.</param>
    public static async Task WriteAsync(string path, FleetStatistics statistics, bool withNames, CancellationToken cancellation)
    {
        var kept = withNames ? statistics : statistics with { Tenants = [.. statistics.Tenants.Select(Hashed)] };
        var partial = $"{path}.partial";
        await File.WriteAllTextAsync(partial, JsonSerializer.Serialize(kept, FleetStatisticsJson.Default.FleetStatistics) + "\n", cancellation);
        File.Move(partial, path, overwrite: true);
    }

    private static string Hashed(string name) => "t-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..10];

    private static bool IsWhole(FleetStatistics statistics) =>
        statistics is { Tenants.IsDefault: false, Tables: not null, Shared: not null, Schema: not null }
        && statistics.Tables.Values.All(t => IsOf(t, statistics.Tenants.Length)) && statistics.Shared.Values.All(t => IsOf(t, 1));

    private static bool IsOf(TableSizes? sizes, int count) => sizes is { Rows.IsDefault: false, Bytes.IsDefault: false } && sizes.Rows.Length == count && sizes.Bytes.Length == count;
}
