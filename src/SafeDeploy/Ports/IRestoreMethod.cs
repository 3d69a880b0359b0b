using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Ports;

/// <summary>Brings schemas back from a backup set. Never touches schema <c>safe_deploy</c> but to say what it did.</summary>
public interface IRestoreMethod
{
    /// <summary>What a restore would do, lose and be refused for. Reads only.</summary>
    /// <param name="tenants">Empty = everything.</param>
    Task<RestorePlan> PlanAsync(string set, IReadOnlyList<Scope> tenants, CancellationToken cancellation);

    /// <summary>One tenant: gate, safety backup, swap and proof in one transaction. On failure the tenant is as it was.</summary>
    Task<RestoredTenant> TenantAsync(TenantRestoreCall call, CancellationToken cancellation);

    /// <summary>Removes what restored tenants were before, where its time is over and nothing depends on it.</summary>
    /// <returns>Names removed, and names that something still depends on.</returns>
    Task<(ImmutableArray<string> Dropped, ImmutableArray<string> Held)> DropExpiredAsync(ILedgerHold hold, CancellationToken cancellation);
}

/// <param name="Set">Name of the set.</param>
/// <param name="Refusals">Why it must not be done; empty = nothing is in the way.</param>
public sealed record RestorePlan(BackupSet Set, ImmutableArray<RestoreLoss> Losses, ImmutableArray<Problem> Refusals);

/// <summary>What a tenant (or the shared schema) would lose.</summary>
/// <param name="Exists">False: the schema is not there now, so nothing is lost.</param>
/// <param name="Written">Rows written since the set was taken, at most; null = unknown, never assumed to be none.</param>
/// <param name="Rows">Rows in the set.</param>
/// <param name="Version">The last migration in the set, or null when none is known.</param>
/// <param name="VersionNow">The last migration applied now.</param>
public sealed record RestoreLoss(string Schema, bool Exists, long? Written, long Rows, string? Version, string? VersionNow);

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
