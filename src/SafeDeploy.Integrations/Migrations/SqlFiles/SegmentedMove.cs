using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>A migration that cannot be one transaction: segment by segment, each noted as done, the history row last.</summary>
/// <remarks>
/// Killed anywhere it goes on with the segment that is not noted. A transactional segment and its note are one transaction;
/// a bare statement is repeated, so what an interrupted one may have left is repaired first.
/// The session is the caller's alone and closed afterwards: its settings never meet another tenant.
/// </remarks>
internal sealed class SegmentedMove(FencedConnection session, ScopeMove move, SqlFilesOptions options, LockWatch watch)
{
    private const string LockText = "select pg_catalog.pg_try_advisory_lock($1)";

    private const string StateText =
        """
        select exists (select from safe_deploy.migration m where m.scope = $1 and m.version = $2), p.direction, p.segment, p.begun, p.deployment
        from (select 1) as one left join safe_deploy.progress p on p.scope = $1 and p.version = $2
        """;

    private readonly FencedConnections _fenced = FencedConnections.Of(move.Work.Hold);

    private sealed record State(bool InHistory, string? Direction, int Segment, bool Begun, string? Deployment);

    /// <returns>Null when it is done.</returns>
    public async Task<AttemptFailure?> RunAsync(int attempt)
    {
        if (!await LockAsync())
            return new AttemptFailure(FailureKind.LockNotGranted, new TimeoutException("another process works on this scope"), null, null);
        var state = await StateAsync();
        if (move.Direction == Direction.Forward ? state.InHistory : state is { InHistory: false, Direction: null })
            return new AttemptFailure(FailureKind.AlreadyMoved, new InvalidOperationException("moved already"), null, null);
        if (move.Direction == Direction.Forward && state.Direction == "rollback")
            throw new ProblemException(SqlFilesProblems.HalfBack(move));
        var resumes = state.Direction == MoveCommands.Word(move.Direction);
        if (await OpenAsync(state, resumes, attempt) is { } notOpened)
            return notOpened;
        for (var i = resumes ? state.Segment : 0; i < move.Plan.Segments.Length; i++)
            // The way back may begin where the way forward was interrupted: what it drops need not have been made yet.
            if (await SegmentAsync(i, begunBefore: move.Direction == Direction.Rollback || (resumes && state.Begun && i == state.Segment)) is { } failure)
                return failure;
        return await CloseAsync(attempt);
    }

    /// <summary>The way forward failed for good before its first segment was done: the scope is as before, and noted so.</summary>
    public async Task AbandonAsync()
    {
        if (!await LockAsync() || await StateAsync() is not { InHistory: false, Direction: "forward", Segment: 0 })
            return;
        if (move.Plan.Segments[0] is { Bare: true, Statements: [{ Facts.Creates: { } index }] })
        {
            await using var bare = Bare();
            await bare.RemoveInvalidAsync(index);
        }

        await using var batch = Batch().Add(MoveCommands.Close(move)).Add(MoveCommands.Entry(_fenced, move, Direction.Rollback, 1)).Add(MoveCommands.Commit());
        await batch.ExecuteAsync(move.Work.Force);
    }

    // Two processes may hold one epoch (shards); a session lock, polled by the retry, because waiting for it would
    // hold a snapshot that CREATE INDEX CONCURRENTLY of the other one waits for.
    private async Task<bool> LockAsync()
    {
        var key = BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"safe-deploy|scope|{move.Scope.Schema}")));
        await using var command = LedgerSql.Command(session.Connection, LockText, LedgerSql.Long(key));
        return await command.ExecuteScalarAsync(move.Work.Force) is true;
    }

    private async Task<State> StateAsync()
    {
        await using var command = LedgerSql.Command(
            session.Connection, StateText, LedgerSql.Text(move.Scope.Schema), LedgerSql.Text(move.Migration.Version.Text));
        await using var row = await command.ExecuteReaderAsync(move.Work.Force);
        await row.ReadAsync(move.Work.Force);
        return new State(row.GetBoolean(0), Text(row, 1), row.IsDBNull(2) ? 0 : row.GetInt32(2), !row.IsDBNull(3) && row.GetBoolean(3), Text(row, 4));
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    /// <summary>From here the scope counts as moved by this deployment: whoever goes back looks at it too.</summary>
    private async Task<AttemptFailure?> OpenAsync(State state, bool resumes, int attempt)
    {
        if (resumes && state.Deployment == move.Work.Hold.Deployment.Value)
            return null;
        await using var batch = Batch();
        batch.Add(resumes ? MoveCommands.Adopt(move) : MoveCommands.Open(move));
        if (move.Direction == Direction.Forward)
            batch.Add(MoveCommands.Entry(_fenced, move, Direction.Forward, attempt));
        return await RunAsync(batch.Add(MoveCommands.Commit()), options.Limits.LockTimeout);
    }

    private async Task<AttemptFailure?> CloseAsync(int attempt)
    {
        await using var batch = Batch();
        if (move.Direction == Direction.Forward)
            batch.Add(MoveCommands.Remember(move)).Add(MoveCommands.Close(move));
        else
            batch.Add(MoveCommands.Forget(move)).Add(MoveCommands.Entry(_fenced, move, Direction.Rollback, attempt));
        return await RunAsync(batch.Add(MoveCommands.Commit()), options.Limits.LockTimeout);
    }

    private async Task<AttemptFailure?> SegmentAsync(int index, bool begunBefore)
    {
        var segment = move.Plan.Segments[index];
        if (!segment.Bare)
        {
            await using var batch = Batch();
            TransactionMove.Inside(batch, move.Scope, options.Shared, segment.Statements);
            return await RunAsync(batch.Add(MoveCommands.Advance(move, index, index + 1, false)).Add(MoveCommands.Commit()), options.Limits.LockTimeout);
        }

        if (await NoteAsync(index, index, begun: true) is { } lost)
            return lost;
        await using (var bare = Bare())
            if (await bare.RunAsync(segment.Statements[0], begunBefore) is { } failure)
                return failure;
        return await NoteAsync(index, index + 1, begun: false);
    }

    private async Task<AttemptFailure?> NoteAsync(int from, int to, bool begun)
    {
        await using var batch = Batch();
        return await RunAsync(batch.Add(MoveCommands.Advance(move, from, to, begun)).Add(MoveCommands.Commit()), options.Limits.LockTimeout);
    }

    private BareStatement Bare() => new(session, move, options, watch);

    private MoveBatch Batch() => new MoveBatch(session.Connection)
        .Add(MoveCommands.Begin()).Add(MoveCommands.Settings(_fenced, options.Limits, move.Scope));

    private Task<AttemptFailure?> RunAsync(MoveBatch batch, TimeSpan lockTimeout) => WatchedBatch.RunAsync(session, move, batch, watch, lockTimeout);
}
