using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>The two migration sets and how they are run.</summary>
/// <param name="Public">Null when the shared schema is not migrated.</param>
/// <param name="Tenants">Null when tenant schemas are not migrated.</param>
/// <param name="Waves">In order; the last is all tenants.</param>
/// <param name="Retries">How often one tenant is tried again after a lock, deadlock, serialization failure or lost connection.</param>
public sealed record MigrationsSettings(
    MigrationEngineSettings? Public,
    MigrationEngineSettings? Tenants,
    TimeSpan LockTimeout,
    TimeSpan StatementTimeout,
    Parallelism Parallel,
    ImmutableArray<WaveSize> Waves,
    int Retries);

/// <summary>Who knows the migrations of one set.</summary>
public abstract record MigrationEngineSettings
{
    private MigrationEngineSettings() { }

    /// <param name="Path">Folder of SQL files, relative to the configuration file.</param>
    /// <param name="Layout">The layout's name when stated; null = detected.</param>
    public sealed record SqlFiles(string Path, string? Layout) : MigrationEngineSettings;

    /// <summary>Another program's migrations, driven by argument lists (never a shell line).</summary>
    /// <param name="Rollback">Null when the program has no way back.</param>
    /// <param name="Sql">Prints the SQL of what is pending, for the risk analysis; null when it cannot.</param>
    public sealed record Command(
        ImmutableArray<string> Forward,
        ImmutableArray<string>? Rollback,
        ImmutableArray<string> Status,
        ImmutableArray<string>? Sql) : MigrationEngineSettings;
}

/// <summary>How many tenants are migrated at once.</summary>
public abstract record Parallelism
{
    private Parallelism() { }

    public sealed record Auto : Parallelism;

    /// <param name="Tenants">At least 1; 1 = one after the other.</param>
    public sealed record Exactly(int Tenants) : Parallelism;
}

/// <summary>One group of tenants that is migrated together.</summary>
public abstract record WaveSize
{
    private WaveSize() { }

    /// <summary>The tenants named under <c>tenants.canaries</c>.</summary>
    public sealed record Canaries : WaveSize;

    /// <summary>Up to this share of all tenants, those of earlier waves included.</summary>
    public sealed record UpTo(Percentage Share) : WaveSize;
}
