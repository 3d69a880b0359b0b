using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Ports;

/// <summary>Brings schemas back from a backup set. Never touches schema <c>safe_deploy</c> but to say what it did.</summary>
public interface IRestoreMethod
{
    /// <summary>What a restore would do, lose and be refused for. Reads only.</summary>
    /// <param name="tenants">Empty = everything.</param>
    Task<RestorePlan> PlanAsync(string set, IReadOnlyList<Scope> tenants, CancellationToken cancellation);

    /// <summary>One tenant: gate, safety backup, swap and proof in one transaction. On failure the tenant is as it was.</summary>
    Task<RestoredTenant> TenantAsync(TenantRestoreCall call, CancellationToken cancellation);

    /// <summary>Everything of a set in a new database beside the target, with fingerprints equal to the manifest's; the target is only read.</summary>
    /// <remarks>Safe to repeat: what an earlier attempt left is removed first. On failure the new database is gone.</remarks>
    Task<PreparedDatabase> PrepareAsync(string set, CancellationToken cancellation);

    /// <summary>
    /// The live ledger goes over with a higher epoch, then both databases change names in one transaction that no session outlives.
    /// The hold must have been given up. On failure the target is as it was; the new database stays.
    /// </summary>
    Task<SwappedDatabase> SwapAsync(DatabaseSwapCall call, CancellationToken cancellation);

    /// <summary>Removes a new database that never got the target's name.</summary>
    /// <returns>Whether there was one.</returns>
    Task<bool> AbandonAsync(CancellationToken cancellation);

    /// <summary>Which kept files differ from those on the disk. Reads only.</summary>
    Task<FilesPlan> PlanFilesAsync(string set, CancellationToken cancellation);

    /// <summary>Puts the files of a set back, each proved by its hash; what is replaced is in a safety set before.</summary>
    /// <param name="safety">Name and label of the safety set.</param>
    Task<RestoredFiles> FilesAsync(string set, string safetySet, BackupLabel safety, CancellationToken cancellation);

    /// <summary>Removes what restored tenants and databases were before, where its time is over and nothing depends on it.</summary>
    /// <returns>Names removed, and names that something still depends on.</returns>
    Task<(ImmutableArray<string> Dropped, ImmutableArray<string> Held)> DropExpiredAsync(ILedgerHold hold, CancellationToken cancellation);
}

/// <param name="Set">Name of the set.</param>
/// <param name="Refusals">Why it must not be done; empty = nothing is in the way.</param>
public sealed record RestorePlan(BackupSet Set, ImmutableArray<RestoreLoss> Losses, ImmutableArray<Problem> Refusals)
{
    /// <summary>Name of the database that is restored.</summary>
    public string Database { get; init; } = "";

    /// <summary>Where everything is restored: what the live database has and no set holds, in words. May be empty.</summary>
    public ImmutableArray<string> LeftBehind { get; init; } = [];
}

/// <summary>What a tenant (or the shared schema) would lose.</summary>
/// <param name="Exists">False: the schema is not there now, so nothing is lost.</param>
/// <param name="Written">Rows written since the set was taken, at most; null = unknown, never assumed to be none.</param>
/// <param name="Rows">Rows in the set.</param>
/// <param name="Version">The last migration in the set, or null when none is known.</param>
/// <param name="VersionNow">The last migration applied now.</param>
public sealed record RestoreLoss(string Schema, bool Exists, long? Written, long Rows, string? Version, string? VersionNow)
{
    /// <summary>False where everything is restored and this schema came after the set: it is only in what is kept.</summary>
    public bool IsInSet { get; init; } = true;
}

/// <param name="Name">Of the new database, while it is not the target.</param>
/// <param name="KeptName">What the target's database is called afterwards.</param>
public sealed record PreparedDatabase(string Set, string Name, string KeptName, int Schemas, long Rows);

/// <param name="Environment">Whose ledger ends with the swap.</param>
/// <param name="KeepFor">How long the database as it was is kept.</param>
/// <param name="Patience">How long sessions are ended until the names can change.</param>
/// <param name="End">The last facts of the deployment, written into the ledger that goes over; gets what was lost by then.</param>
public sealed record DatabaseSwapCall(
    PreparedDatabase Prepared, string Environment, DeploymentId Deployment, TimeSpan KeepFor, TimeSpan Patience, Func<ImmutableArray<RestoreLoss>, ImmutableArray<LedgerFact>> End);

/// <param name="Epoch">The environment's in the new database; higher than any that was given out.</param>
public sealed record SwappedDatabase(string KeptName, DateTimeOffset KeptUntil, int Epoch);

/// <summary>What putting a set's files back would do.</summary>
/// <param name="Equal">Files that are as they were.</param>
/// <param name="Missing">Paths that come back.</param>
/// <param name="Changed">Paths that are replaced.</param>
/// <param name="Newer">Of the changed, those written after the set was taken.</param>
/// <param name="Extra">Files on the disk that the set does not have; they stay.</param>
public sealed record FilesPlan(
    BackupSet Set, int Equal, ImmutableArray<string> Missing, ImmutableArray<string> Changed, ImmutableArray<string> Newer, int Extra, ImmutableArray<Problem> Refusals);

/// <param name="SafetySet">Null when nothing was replaced.</param>
public sealed record RestoredFiles(int Written, int Equal, string? SafetySet);

/// <param name="KeepFor">How long the tenant as it was is kept in a schema of its own.</param>
/// <param name="SafetyBackup">Called once writers are gated, where the tenant exists; gives the name of the set.</param>
public sealed record TenantRestoreCall(
    string Set, Scope Scope, ILedgerHold Hold, RestoreLimits Limits, TimeSpan KeepFor, Func<CancellationToken, Task<string>> SafetyBackup);

/// <param name="Lock">How long one try waits for the tenant's writers.</param>
/// <param name="Retries">How often it is tried again.</param>
public sealed record RestoreLimits(TimeSpan Lock, int Retries);

/// <param name="OldSchema">Where the tenant as it was is kept; null when there was none.</param>
/// <param name="Fingerprint"><c>rows:hash</c>, equal to the manifest's.</param>
/// <param name="SafetySet">Null when there was nothing to save.</param>
public sealed record RestoredTenant(string Schema, string? OldSchema, string Fingerprint, string? SafetySet, string? Version);
