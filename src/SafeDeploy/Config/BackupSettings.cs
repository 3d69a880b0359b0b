using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <param name="Store"><c>file:///…</c>, <c>host:///…</c>, <c>s3://bucket/prefix</c>, or <c>command:</c> where programs of the project keep the sets.</param>
public sealed record BackupSettings(Uri Store, BackupVerification Verify)
{
    /// <summary>Configuration and media that belong to every set; relative paths start at the configuration file.</summary>
    public ImmutableArray<string> Files { get; init; } = [];

    public BackupKeep Keep { get; init; } = BackupKeep.Default;

    /// <summary>The store may be on the file system of the database.</summary>
    public bool OnSameDisk { get; init; }

    public BackupRequirements Require { get; init; } = BackupRequirements.None;

    /// <summary>The folder of pg_dump and its sisters; null = found by PATH.</summary>
    public string? Client { get; init; }

    /// <summary>Where a set is restored to be proved; null = in a scratch database of the target server.</summary>
    public DatabaseSettings? Scratch { get; init; }

    /// <summary>Null unless the store is a bucket.</summary>
    public S3Settings? S3 { get; init; }

    /// <summary>Null unless the store is a command.</summary>
    public StoreCommands? Command { get; init; }
}

/// <summary>How a backup is proved before it counts.</summary>
public enum BackupVerification
{
    /// <summary>The files' SHA-256 equal the manifest's.</summary>
    Checksum,

    /// <summary>In addition the archive's table of contents is read and compared.</summary>
    List,

    /// <summary>In addition everything is restored into a scratch database whose fingerprints equal the manifest's.</summary>
    Restore,
}

/// <summary>How long sets are kept; the newest verified one and those that a live release needs are always kept.</summary>
/// <param name="Days">A younger set is never pruned.</param>
/// <param name="AtLeast">So many of the newest are never pruned, however old.</param>
public sealed record BackupKeep(int Days, int AtLeast)
{
    /// <summary>Nothing is pruned.</summary>
    public static readonly BackupKeep Default = new(int.MaxValue, 1);
}

/// <summary>What has to be true of the sets that are there before a deployment starts.</summary>
/// <param name="Recent">The age of the newest verified set at most; null = the deployment's own backup is enough.</param>
/// <param name="Restored">How long ago a set was proved by restore at most; null = not asked.</param>
public sealed record BackupRequirements(TimeSpan? Recent, TimeSpan? Restored)
{
    public static readonly BackupRequirements None = new(null, null);
}

/// <summary>A bucket of the S3 protocol.</summary>
/// <param name="Endpoint">Null = AWS itself.</param>
/// <param name="Region">Null = from the machine's own AWS configuration.</param>
/// <param name="PathStyle">The bucket stands in the path, not in the host's name; most servers that are not AWS want it.</param>
/// <param name="AccessKey">Null = the machine's own credentials (variables, profile, role).</param>
public sealed record S3Settings(Uri? Endpoint, string? Region, bool PathStyle, Secret? AccessKey, Secret? SecretKey);

/// <summary>Programs that keep sets elsewhere; what they are asked stands in their environment.</summary>
public sealed record StoreCommands(ImmutableArray<string> Put, ImmutableArray<string> Get, ImmutableArray<string> List, ImmutableArray<string> Delete);
