using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Ports;

/// <summary>Knows the migrations of one kind (public or tenants), what is applied, and moves one scope forward or back.</summary>
public interface IMigrationEngine
{
    ScopeKind Kind { get; }

    /// <summary>Reads the set from the working copy. Fails with SD04xx for two files of one version, an unreadable file, a file that must not be run.</summary>
    Task<MigrationSet> LoadAsync(CancellationToken cancellation);

    /// <summary>What each scope's history says, in one query where the engine can. A scope without history maps to an empty list; <paramref name="scopes"/> may be thousands.</summary>
    Task<ImmutableDictionary<Scope, ImmutableArray<AppliedMigration>>> AppliedAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation);

    /// <summary>Which of <paramref name="scopes"/> (those with an empty history) hold tables all the same; they are adopted first, never migrated from the first file. Empty where the engine's program keeps the history.</summary>
    Task<ImmutableArray<UnadoptedScope>> UnadoptedAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) =>
        Task.FromResult(ImmutableArray<UnadoptedScope>.Empty);

    /// <summary>What forbids to run these at all, found without a server: their own transaction control, settings that would leak. Empty when nothing does.</summary>
    ImmutableArray<Problem> Examine(ImmutableArray<Migration> pending) => [];

    /// <summary>What the server itself cannot read of these, asked without executing any of it. Empty where the engine sends no text of its own.</summary>
    Task<ImmutableArray<Problem>> ExamineOnServerAsync(ImmutableArray<Migration> pending, CancellationToken cancellation) =>
        Task.FromResult(ImmutableArray<Problem>.Empty);

    /// <summary>Applies <paramref name="pending"/> in order; retries what may be retried. Never throws for a failed statement.</summary>
    Task<ScopeOutcome> ForwardAsync(ScopeWork work, ImmutableArray<Migration> pending, CancellationToken cancellation);

    /// <summary>Undoes <paramref name="applied"/>, newest first (the caller orders), by the scripts the history keeps.</summary>
    Task<ScopeOutcome> BackAsync(ScopeWork work, ImmutableArray<AppliedMigration> applied, CancellationToken cancellation);
}

/// <param name="Change">Id of the intended change this work belongs to; written with each scope's fact.</param>
/// <param name="Step">For the ledger.</param>
/// <param name="Force">Fires when the statement that runs must be given up too; the graceful token only stops before the next one.</param>
public sealed record ScopeWork(Scope Scope, ILedgerHold Hold, StepName Step, string Change, CancellationToken Force);

/// <summary>What became of one scope.</summary>
/// <param name="Done">Versions moved by this call, in the order they were moved.</param>
/// <param name="Problem">Null when all asked for was done.</param>
/// <param name="Warnings">WARNINGs of the server, with SQLSTATE; may be empty.</param>
public sealed record ScopeOutcome(
    Scope Scope,
    ImmutableArray<MigrationVersion> Done,
    Problem? Problem,
    int Attempts,
    TimeSpan Duration,
    ImmutableArray<string> Warnings)
{
    /// <summary>Locks that were not granted in time, in order; a later attempt may have got them.</summary>
    public ImmutableArray<LockWait> LockWaits { get; init; } = [];
}

/// <summary>One attempt that gave up waiting for a lock.</summary>
/// <param name="Lock">Mode and relation, e.g. <c>ACCESS EXCLUSIVE on tenant_a.sale</c>; empty when it was not seen.</param>
/// <param name="HeldBy">The session in whose way ours stood; empty when nobody was seen.</param>
public sealed record LockWait(MigrationVersion Version, string Lock, string HeldBy, TimeSpan Waited, int Attempt);
