using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace SafeDeploy.Ports;

/// <summary>What is known of a production database without being connected to it: structure, sizes, and what its server can hold.</summary>
/// <param name="ServerVersion">As <c>server_version_num</c>.</param>
/// <param name="LockSlots">How many locks all sessions together can hold: max_locks_per_transaction × (max_connections + max_prepared_transactions).</param>
/// <param name="Schema">SQL that says what exists: <c>public</c>, and one tenant as schema <c>tenant</c>; ends with the tenant's search_path.</param>
/// <param name="Tenants">Names, or what stands for them; the order of all sizes.</param>
/// <param name="Tables">Tables of the tenants by name.</param>
/// <param name="Shared">Tables of <c>public</c> by name.</param>
public sealed record FleetStatistics(
    int Version,
    DateTimeOffset TakenAt,
    int ServerVersion,
    long LockSlots,
    ImmutableArray<string> Tenants,
    ImmutableSortedDictionary<string, TableSizes> Tables,
    ImmutableSortedDictionary<string, TableSizes> Shared,
    string Schema)
{
    public const int CurrentVersion = 1;
}

/// <param name="Rows">As the server estimates; -1 = not known, or no such table there.</param>
/// <param name="Bytes">Of the table with what is stored out of line, without indexes; 0 where there is none.</param>
public sealed record TableSizes(ImmutableArray<long> Rows, ImmutableArray<long> Bytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = false)]
[JsonSerializable(typeof(FleetStatistics))]
public sealed partial class FleetStatisticsJson : JsonSerializerContext;
