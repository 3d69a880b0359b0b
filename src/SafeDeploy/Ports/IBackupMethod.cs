using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Ports;

/// <summary>Takes and checks one consistent backup set.</summary>
public interface IBackupMethod
{
    /// <summary>What stands in the way of a backup here: client tools, their version, the store. Empty = nothing. Leaves nothing behind.</summary>
    /// <param name="serverVersion">As <c>server_version_num</c>.</param>
    Task<ImmutableArray<Problem>> ObstaclesAsync(int serverVersion, CancellationToken cancellation);

    /// <summary>Versions of client and server in one line, named before a backup starts.</summary>
    Task<string> ToolsAsync(CancellationToken cancellation);

    /// <summary>Bytes that may be needed (twice the database) and bytes free where the set would be written.</summary>
    Task<BackupSpace> SpaceAsync(CancellationToken cancellation);

    /// <summary>Whether the sets are on the disk of the database that they are of. Reads only.</summary>
    Task<BackupDisk> DiskAsync(CancellationToken cancellation);

    /// <summary>Takes a set of all scopes from one snapshot; the manifest is written last. On failure nothing that looks like a set is left.</summary>
    /// <param name="set">Name of the set; unique, safe as a directory name.</param>
    Task<BackupReceipt> TakeAsync(string set, IReadOnlyList<Scope> scopes, BackupLabel label, CancellationToken cancellation);

    /// <summary>Checks a set at a level and keeps the result beside it; throws SD05xx at the first damage.</summary>
    Task<BackupReceipt> VerifyAsync(string set, BackupVerification level, CancellationToken cancellation);

    /// <summary>The complete set of this name, or null; lets a resumed deployment keep its backup.</summary>
    Task<BackupReceipt?> FindAsync(string set, CancellationToken cancellation);

    /// <summary>Every complete set whose manifest can be read, newest first; of all projects that share the store.</summary>
    Task<ImmutableArray<BackupSet>> SetsAsync(CancellationToken cancellation);

    /// <summary>Removes a set for good.</summary>
    Task DeleteAsync(string set, CancellationToken cancellation);
}

/// <summary>Ties a set to a deployment.</summary>
public sealed record BackupLabel(string Project, string Environment, string Deployment, string Release)
{
    /// <summary>Release of a set that holds what a restore replaces: one tenant or some files, never everything.</summary>
    public const string BeforeRestore = "before-restore";

    [JsonIgnore]
    public bool IsWhole => Release != BeforeRestore;
}

/// <param name="FreeBytes">Null where the store does not tell.</param>
public sealed record BackupSpace(long NeededBytes, long? FreeBytes, string Where);

/// <param name="IsDatabases">Null = cannot be known here.</param>
/// <param name="Words">What was seen, or why nothing can be.</param>
public sealed record BackupDisk(bool? IsDatabases, string Words);

/// <param name="Sha256">Of the manifest; the manifest holds the hash of every part.</param>
/// <param name="VerifiedLevel">The level proved, or empty.</param>
public sealed record BackupReceipt(string Set, string Location, long Bytes, int Parts, string Sha256, DateTimeOffset TakenAt, string VerifiedLevel, ImmutableArray<string> Scopes);

/// <summary>A complete set in one line, for lists and for what is pruned.</summary>
/// <param name="VerifiedLevel">The highest level it was proved at, or empty: never, or found damaged since.</param>
public sealed record BackupSet(string Name, BackupLabel Label, DateTimeOffset TakenAt, string VerifiedLevel, long Bytes, int Schemas)
{
    /// <summary>When <see cref="VerifiedLevel"/> was proved; null when it was not.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    public bool IsOf(string project, string environment) => Label.Project == project && Label.Environment == environment;

    /// <summary>Everything of this environment, not what one restore replaced.</summary>
    public bool IsWholeOf(string project, string environment) => IsOf(project, environment) && Label.IsWhole;
}
