using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>What a set holds; written last, so that a folder without it is no set.</summary>
/// <param name="Format">1 has no <see cref="Scopes"/>: such a set is verified by checksum and list only.</param>
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
    ImmutableArray<string> Notes)
{
    public const int CurrentFormat = 2;

    /// <summary>Size of the database when the set was taken; with the parts' sizes it foretells the next set's.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>By schema name: what a restore is compared with.</summary>
    public ImmutableSortedDictionary<string, ScopeFacts> Scopes { get; init; } = ImmutableSortedDictionary<string, ScopeFacts>.Empty;

    /// <summary>Migration histories; schemas that share one stand together.</summary>
    public ImmutableArray<AppliedHistory> Histories { get; init; } = [];

    public ImmutableArray<ExtensionFact> Extensions { get; init; } = [];

    /// <summary>When the server's write counters began to count; another value later means that they say nothing about this set.</summary>
    public string CountersSince { get; init; } = "";

    /// <summary>Schemas that no deployment moves and that are in the set because a database without them is not whole.</summary>
    public ImmutableArray<string> Others { get; init; } = [];

    /// <summary>What can be made only after other schemas are there; in no set of older versions.</summary>
    public ImmutableArray<LateObject> Late { get; init; } = [];

    /// <summary>Configuration and media, each with its hash.</summary>
    public ImmutableArray<KeptFile> Files { get; init; } = [];

    public double Seconds { get; init; }
}

/// <param name="Scopes">Schema names in it; empty for the globals and the files.</param>
/// <param name="Tables">Tables with data in it, for the check of the archive's list.</param>
public sealed record BackupPart(string File, long Bytes, string Sha256, ImmutableArray<string> Scopes, int Tables);

/// <summary>A schema as the snapshot showed it.</summary>
/// <param name="Structure">Structure fingerprint; comparable within one major version.</param>
/// <param name="Data"><c>rows:hash</c> over all its tables.</param>
/// <param name="Bytes">On the server's disk.</param>
/// <param name="Counters">The server's counters of rows written, by table, read just before the snapshot.</param>
/// <param name="AppliedAt">When each migration of its history was applied, in the history's order.</param>
public sealed record ScopeFacts(
    string Structure, string Data, long Bytes, string Counters, string Owner, ImmutableArray<GrantFact> Grants, ImmutableArray<DateTimeOffset> AppliedAt);

/// <param name="Grantee">Empty = everybody.</param>
public sealed record GrantFact(string Grantee, string Privilege, bool Grantable);

public sealed record AppliedHistory(ImmutableArray<string> Scopes, ImmutableArray<AppliedRow> Migrations);

/// <summary>A row of a schema's history but for its time.</summary>
public sealed record AppliedRow(string Version, string Name, string Checksum, string? Script, string? Deployment);

public sealed record ExtensionFact(string Name, string Schema, string Version);

/// <param name="Path">As configured, with what lies below a folder.</param>
/// <param name="Link">Where a symbolic link points; links are kept as links, never followed.</param>
public sealed record KeptFile(string Path, long Bytes, string Sha256, string? Link);

/// <summary>How a set was proved; kept beside its manifest, which never changes.</summary>
/// <param name="ManifestSha256">Of the manifest that was proved.</param>
public sealed record VerificationRecord(string Level, DateTimeOffset At, string ManifestSha256, double Seconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(VerificationRecord))]
public sealed partial class BackupJson : JsonSerializerContext;
