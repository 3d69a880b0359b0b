using System.Collections.Immutable;
using Npgsql;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <param name="Folder">Where relative paths of <paramref name="Files"/> start.</param>
/// <param name="Files">Configuration and media that belong to every set.</param>
public sealed record PgDumpOptions(string Folder, ImmutableArray<string> Files)
{
    public static readonly PgDumpOptions Default = new("/", []);

    /// <summary>Folder of the client tools; empty = found by PATH.</summary>
    public string Bin { get; init; } = "";

    public int Workers { get; init; } = 2;

    /// <summary>Where a set is restored to be proved; null = the target server itself.</summary>
    public NpgsqlConnectionStringBuilder? Scratch { get; init; }

    /// <summary>With less than this free, a backup that is being written stops: a full disk hurts whoever else writes there.</summary>
    public long Floor { get; init; } = 16 << 20;

    /// <summary>How long a table that another session has locked is waited for.</summary>
    public TimeSpan LockWait { get; init; } = TimeSpan.FromMinutes(1);

    public string Tool(string name) => Bin.Length == 0 ? name : Path.Combine(Bin, name);
}
