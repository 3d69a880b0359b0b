using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Ports;

/// <summary>The target database, read only; all that steps and gates ask of it.</summary>
public interface IDatabase : IAsyncDisposable
{
    /// <summary>Host, port and database name, without credentials.</summary>
    string Display { get; }

    /// <summary>Facts for preflight and for <c>parallel: auto</c>; one round trip.</summary>
    Task<ServerFacts> FactsAsync(CancellationToken cancellation);

    /// <summary>The tenants as the configuration says, ordered; refuses hostile and missing names with SD04xx instead of leaving them out.</summary>
    Task<TenantList> TenantsAsync(TenantsSettings tenants, CancellationToken cancellation);

    /// <summary>What the user lacks to migrate these scopes and to keep the ledger, each with the statement that gives it; empty = nothing.</summary>
    Task<ImmutableArray<MissingPrivilege>> MissingPrivilegesAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation);

    /// <summary>Structure fingerprint per scope: equal hashes mean equal structure, whatever the schema is called.</summary>
    /// <returns>Schema name → fingerprint; a scope whose schema does not exist is absent. Comparable within one major version.</returns>
    Task<ImmutableSortedDictionary<string, string>> FingerprintsAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation);

    /// <summary>The lines behind a fingerprint, one an object, to show where two schemas differ; empty when the schema does not exist.</summary>
    Task<ImmutableArray<string>> StructureAsync(Scope scope, CancellationToken cancellation);

    /// <summary>Runs one read-only query in a scope (search_path set) and reads its first column of its first row.</summary>
    /// <param name="parameters">Named parameters written <c>:name</c> in the text.</param>
    /// <returns>The value, or null for no row or NULL. A non-SELECT, or a write, fails with SD09xx.</returns>
    Task<object?> AskAsync(Scope scope, string query, ImmutableDictionary<string, object> parameters, CancellationToken cancellation);

    /// <summary>True when <see cref="AskAsync"/> failed because the scope has not what was asked for, or the query does not fit it; the connection is well.</summary>
    bool IsQuestionOfAnother(Problem problem) => false;

    /// <summary>How large the tables of these scopes are, and how they are built; null where the database does not tell.</summary>
    /// <param name="reference">The tenant whose structure stands for all; null where there is none.</param>
    Task<FleetStatistics?> StatisticsAsync(IReadOnlyCollection<Scope> scopes, Scope? reference, CancellationToken cancellation) => Task.FromResult<FleetStatistics?>(null);

    /// <summary>Row level security of the named tables in every scope, for the rls gate.</summary>
    Task<ImmutableArray<RowSecurity>> RowSecurityAsync(IReadOnlyCollection<Scope> scopes, IReadOnlyCollection<string> tables, CancellationToken cancellation);

    /// <summary>Are these objects empty, or unchanged since? The evidence of "reversing is safe".</summary>
    Task<ImmutableArray<HeldData>> HeldDataAsync(IReadOnlyCollection<DroppedObject> objects, CancellationToken cancellation);
}

/// <param name="Missing">Names the source gave whose schema does not exist.</param>
/// <param name="Refused">Names that cannot be a tenant, each with why; never executed.</param>
public sealed record TenantList(
    ImmutableArray<TenantSchema> Tenants,
    ImmutableArray<string> Missing,
    ImmutableArray<(string Name, string Why)> Refused);

/// <param name="What">What can not be done, with names quoted.</param>
/// <param name="Grant">Ready to paste, to be run by an administrator.</param>
public sealed record MissingPrivilege(string What, string Grant);

/// <param name="VersionNumber">As <c>server_version_num</c>, e.g. 150018.</param>
/// <param name="SeesOtherSessions">False: the user may not read other users' activity, so <paramref name="LongTransactions"/> may miss some.</param>
/// <param name="LongTransactions">Open for five seconds or more, oldest first, at most twenty; prepared transactions have pid 0.</param>
/// <param name="InvalidIndexes">Qualified names of indexes that a failed CREATE INDEX CONCURRENTLY left, at most a hundred; none that is being built now.</param>
/// <param name="SessionsStable">The same backend answers two transactions and keeps a session lock: no transaction pooler in between.</param>
public sealed record ServerFacts(
    int VersionNumber,
    string Database,
    string User,
    bool InRecovery,
    bool ReadOnly,
    bool IsSuperuser,
    bool MayCreateSchema,
    bool SeesOtherSessions,
    int MaxConnections,
    int ReservedConnections,
    int UsedConnections,
    long MaxLocks,
    long DatabaseBytes,
    int ActiveQueries,
    ImmutableArray<LongTransaction> LongTransactions,
    ImmutableArray<string> InvalidIndexes,
    bool SessionsStable);

public sealed record LongTransaction(int Pid, string Application, string User, TimeSpan Age, string State, string Query);

/// <param name="Policies">Each policy in one canonical line; ordered.</param>
public sealed record RowSecurity(Scope Scope, string Table, bool Exists, bool Enabled, bool Forced, ImmutableArray<string> Policies);

/// <param name="Column">Null for the whole table.</param>
/// <param name="Since">The instant from which writes count.</param>
public sealed record DroppedObject(Scope Scope, string Table, string? Column, DateTimeOffset Since);

/// <param name="Rows">
/// Rows (or values of the column that are neither null nor what ADD COLUMN filled in) that the drop would lose; null when the
/// object does not exist. Counted up to 10,000: evidence, not statistics.
/// </param>
public sealed record HeldData(DroppedObject Object, long? Rows);
