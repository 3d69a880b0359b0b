using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>What a set holds; written last, so that a folder without it is no set.</summary>
/// <param name="Snapshot">The exported snapshot that all parts share.</param>
/// <param name="Versions">The last migration applied per schema, as the ledger's database had it in the same snapshot.</param>
/// <param name="Notes">What the set does not hold and why. May be empty.</param>
public sealed record BackupManifest(
    int Format,
    string Set,
    BackupLabel Label,
    DateTimeOffset TakenAt,
    string Database,
    int ServerVersion,
    int ToolVersion,
    string Snapshot,
    ImmutableArray<BackupPart> Parts,
    ImmutableSortedDictionary<string, string> Versions,
    ImmutableArray<string> Notes);

/// <param name="Scopes">Schema names in it; empty for the globals.</param>
/// <param name="Tables">Tables with data in it, for the check of the archive's list.</param>
public sealed record BackupPart(string File, long Bytes, string Sha256, ImmutableArray<string> Scopes, int Tables);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BackupManifest))]
public sealed partial class BackupJson : JsonSerializerContext;
