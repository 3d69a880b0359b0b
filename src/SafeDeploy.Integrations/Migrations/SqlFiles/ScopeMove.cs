using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>One migration of one scope in one direction, ready to run.</summary>
internal sealed record ScopeMove(ScopeWork Work, Direction Direction, MoveIdentity Migration, ScriptPlan Plan)
{
    public Scope Scope => Work.Scope;
}

/// <param name="ScriptId">Null on the way back: the row goes, its script stays.</param>
internal sealed record MoveIdentity(MigrationVersion Version, string Name, string Checksum, string? ScriptId);

/// <summary>Why one attempt ended.</summary>
/// <param name="Statement">The statement that failed; null when it was one of ours, or the connection.</param>
/// <param name="Holder">Who held the lock that was waited for, as last seen; null when nobody was seen.</param>
internal sealed record AttemptFailure(FailureKind Kind, Exception Cause, PlacedStatement? Statement, LockHolder? Holder);

internal enum FailureKind
{
    LockNotGranted,
    Deadlock,
    Serialization,
    ConnectionLost,

    /// <summary>Another process moved the scope first; there is nothing to do.</summary>
    AlreadyMoved,

    Outside,
    TooSlow,
    Statement,
}

/// <summary>A session in whose way ours stood.</summary>
internal sealed record LockHolder(int Pid, string Application, string State, TimeSpan? TransactionAge, string Query)
{
    /// <summary>What we waited for: mode and relation; empty when it was no relation.</summary>
    public string Waited { get; init; } = "";

    /// <summary>How many more blocked us.</summary>
    public int Others { get; init; }
}
