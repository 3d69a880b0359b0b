using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>What became of one migration of one scope.</summary>
/// <param name="Moved">By this call; false also when another process was first.</param>
/// <param name="Problem">Null unless it failed for good.</param>
internal sealed record MoveResult(bool Moved, Problem? Problem, int Attempts, ImmutableArray<string> Warnings)
{
    public ImmutableArray<LockWait> LockWaits { get; init; } = [];
}

/// <summary>Moves one scope by one migration; tries again what may be tried again.</summary>
internal sealed class ScopeMover(SqlFilesOptions options, ScopeSessions sessions, LockWatch watch, TimeProvider clock, Random random)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    public async Task<MoveResult> MoveAsync(ScopeMove move, CancellationToken graceful)
    {
        var warnings = new List<string>();
        var waits = new List<LockWait>();
        for (var attempt = 1; ; attempt++)
        {
            var started = clock.GetTimestamp();
            var failure = await AttemptAsync(move, attempt, warnings);
            if (failure is { Kind: FailureKind.LockNotGranted })
                waits.Add(new LockWait(move.Migration.Version, failure.Holder?.Waited ?? "", failure.Holder is { } holder ? SqlFilesProblems.Who(holder) : "", clock.GetElapsedTime(started), attempt));
            if (failure is null or { Kind: FailureKind.AlreadyMoved })
                return new MoveResult(failure is null, null, attempt, [.. warnings]) { LockWaits = [.. waits] };
            if (!Failures.MayRetry(failure.Kind) || attempt > options.Limits.Retries || graceful.IsCancellationRequested)
            {
                await AbandonAsync(move);
                return new MoveResult(false, SqlFilesProblems.Of(move, failure, options.Limits, attempt), attempt, [.. warnings]) { LockWaits = [.. waits] };
            }

            await Task.Delay(Pause(attempt), clock, move.Work.Force);
        }
    }

    private async Task<AttemptFailure?> AttemptAsync(ScopeMove move, int attempt, List<string> warnings)
    {
        FencedConnection? session = null;
        // A broken connection no longer knows its backend.
        var pid = 0;
        try
        {
            session = await sessions.RentAsync(move.Work.Hold, move.Work.Force);
            pid = session.Pid;
            var failure = await RunAsync(session, move, attempt, warnings);
            if (failure is null && move.Plan.IsOneTransaction)
            {
                sessions.Return(move.Work.Hold, session);
                session = null;
            }

            return failure is { Kind: FailureKind.ConnectionLost } && await IsDoneAsync(move, pid) ? null : failure;
        }
        catch (NpgsqlException lost) when (session is not null && Failures.KindOf(lost) == FailureKind.ConnectionLost)
        {
            return await IsDoneAsync(move, pid) ? null : new AttemptFailure(FailureKind.ConnectionLost, lost, null, null);
        }
        catch (NpgsqlException noSession) when (session is null)
        {
            return new AttemptFailure(Failures.KindOf(noSession), noSession, null, null);
        }
        finally
        {
            if (session is not null)
                await EndAsync(session);
        }
    }

    private async Task<AttemptFailure?> RunAsync(FencedConnection session, ScopeMove move, int attempt, List<string> warnings)
    {
        void OnNotice(object sender, NpgsqlNoticeEventArgs told)
        {
            if (told.Notice.InvariantSeverity == "WARNING" && warnings.Count < 20)
                warnings.Add($"{move.Migration.Version}: {told.Notice.MessageText} (SQLSTATE {told.Notice.SqlState})");
        }

        session.Connection.Notice += OnNotice;
        try
        {
            if (!move.Plan.IsOneTransaction)
                return await new SegmentedMove(session, move, options, watch).RunAsync(attempt);
            await using var batch = TransactionMove.Batch(session, move, options, attempt);
            return await WatchedAsync(session, move, batch);
        }
        finally
        {
            session.Connection.Notice -= OnNotice;
        }
    }

    private Task<AttemptFailure?> WatchedAsync(FencedConnection session, ScopeMove move, MoveBatch batch) =>
        WatchedBatch.RunAsync(session, move, batch, watch, options.Limits.LockTimeout);

    /// <summary>Nothing of it is done: the note that it was begun goes too, so that nobody looks for something to undo.</summary>
    private async Task AbandonAsync(ScopeMove move)
    {
        if (move.Plan.IsOneTransaction || move.Direction != Direction.Forward || move.Work.Force.IsCancellationRequested)
            return;
        try
        {
            var session = await FencedConnections.Of(move.Work.Hold).OpenAsync("migrate", move.Work.Force);
            await using (session)
                await new SegmentedMove(session, move, options, watch).AbandonAsync();
        }
        catch (NpgsqlException)
        {
            // The note stays: the scope counts as begun, and the way back or the next run settles it.
        }
    }

    /// <summary>The connection broke: the old backend is ended, and then the history says whether its COMMIT was done.</summary>
    private async Task<bool> IsDoneAsync(ScopeMove move, int lost)
    {
        try
        {
            var session = await FencedConnections.Of(move.Work.Hold).OpenAsync("migrate", move.Work.Force);
            await using (session)
            {
                var isThere = await LostSession.IsDoneAsync(session.Connection, lost, move, clock);
                // A way back in segments leaves the history first: only its notes know how far it came.
                return isThere && (move.Plan.IsOneTransaction || move.Direction == Direction.Forward);
            }
        }
        catch (NpgsqlException)
        {
            // Nothing is known yet; the next attempt meets the same history row, which lets it be done once only.
            return false;
        }
    }

    // A session in a failed transaction is not used again: closing it is the surest ROLLBACK. Its locks are given up before,
    // because a backend ends some time after its connection.
    private static async Task EndAsync(FencedConnection session)
    {
        if (session.Connection.FullState == System.Data.ConnectionState.Open)
        {
            try
            {
                foreach (var text in (string[])["rollback", "select pg_catalog.pg_advisory_unlock_all()"])
                {
                    await using var command = LedgerSql.Command(session.Connection, text);
                    command.CommandTimeout = 5;
                    await command.ExecuteNonQueryAsync(CancellationToken.None);
                }
            }
            catch (NpgsqlException)
            {
                // It is closed below either way.
            }
        }

        await session.DisposeAsync();
    }

    private TimeSpan Pause(int attempt)
    {
        var longest = Math.Min(FirstPause.TotalMilliseconds * Math.Pow(2, attempt - 1), LongestPause.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(longest * (0.5 + random.NextDouble() / 2));
    }
}
