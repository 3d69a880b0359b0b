using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>The right to work on one deployment of a <see cref="PostgresLedgerStore"/>.</summary>
internal sealed class PostgresLedgerHold : ILedgerHold
{
    private const string Park = "update safe_deploy.environment e set parked_until = $2 where e.name = $1";
    private const string End = "update safe_deploy.environment e set concluded = true, parked_until = null where e.name = $1";
    private const string Written = "select n.sequence, n.at from safe_deploy.entry n where n.id = $1";
    private const string OneAutomaticRollback = "entry_one_automatic_rollback";

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    private readonly HoldKeeper _keeper;
    private readonly HoldLoss _loss;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly Redactor _redactor;
    private readonly string _place;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private FencedConnection? _session;
    private NpgsqlException? _failure;
    private bool _isUntouched;
    private bool _letGo;

    /// <param name="options">Its time to live is also how long one call tries again while its own session breaks but the keeper's lives.</param>
    /// <param name="wasConcluded">The deployment had ended; it ends again by itself when nothing is written.</param>
    public PostgresLedgerHold(
        FencedConnections connections, HoldKeeper keeper, HoldLoss loss, TimeProvider time, PostgresLedgerOptions options, string place, bool wasConcluded)
    {
        _isUntouched = wasConcluded;
        (_patience, _redactor) = (options.Ttl, options.Redactor);
        Connections = connections;
        _keeper = keeper;
        _loss = loss;
        _time = time;
        _place = place;
        Lost = loss.Token;
    }

    public FencedConnections Connections { get; }

    public DeploymentId Deployment => Connections.Deployment;

    public string Environment => Connections.Environment;

    public int Epoch => Connections.Epoch;

    public CancellationToken Lost { get; }

    public void Start() => _keeper.Start();

    public Task<LedgerEntry> AppendAsync(StepName? step, LedgerFact fact, CancellationToken cancellation) =>
        WriteAsync(step, fact, null, cancellation);

    public async Task EnsureHeldAsync(CancellationToken cancellation)
    {
        // A process that was frozen while it waited reads an answer of before the take-over: what is as old proves nothing.
        long asked;
        do
        {
            asked = _time.GetTimestamp();
            await InTurnAsync((connection, lost) => FencedAsync(connection, null, lost), cancellation);
        }
        while (_time.GetElapsedTime(asked) > _patience / 3);
    }

    public Task<ImmutableArray<LedgerEntry>> ReadAsync(CancellationToken cancellation) =>
        InTurnAsync((connection, lost) => LedgerRows.EntriesAsync(connection, Deployment, _place, lost), cancellation);

    public async Task ParkAsync(DateTimeOffset until, string after, CancellationToken cancellation)
    {
        var parked = LedgerSql.With(new NpgsqlBatchCommand(Park), LedgerSql.Text(Environment), LedgerSql.Instant(until));
        await WriteAsync(null, new LedgerFact.Parked(until, after), parked, cancellation);
        await DisposeAsync();
    }

    public async Task ConcludeAsync(LedgerFact.Concluded end, CancellationToken cancellation)
    {
        var concluded = LedgerSql.With(new NpgsqlBatchCommand(End), LedgerSql.Text(Environment));
        await WriteAsync(null, end, concluded, cancellation);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            if (_letGo)
                return;
            _letGo = true;
            await EndAgainAsync();
            await ForgetSessionAsync();
            await _keeper.DisposeAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    private Task<LedgerEntry> WriteAsync(StepName? step, LedgerFact fact, NpgsqlBatchCommand? besides, CancellationToken cancellation)
    {
        var id = Guid.NewGuid();
        fact = _redactor.Clean(fact);
        _isUntouched &= fact is LedgerFact.TakenOver;
        return InTurnAsync(
            async (connection, lost) =>
            {
                // One round trip and one transaction: a batch without BEGIN commits as a whole (protocol-flow, "Pipelining").
                await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Connections.Fence(), Connections.Entry(id, step, fact) } };
                if (besides is not null)
                    batch.BatchCommands.Add(besides);
                var (sequence, at) = await PlaceAsync(batch, lost) ?? await FindAsync(connection, id, lost);
                return new LedgerEntry(sequence, Deployment, Epoch, at, step, fact);
            },
            cancellation);
    }

    private async Task EndAgainAsync()
    {
        if (!_isUntouched || Lost.IsCancellationRequested)
            return;
        try
        {
            await TryAsync((connection, lost) => FencedAsync(connection, LedgerSql.With(new NpgsqlBatchCommand(End), LedgerSql.Text(Environment)), lost));
        }
        catch (ProblemException)
        {
            // Taken over, or the server refuses: the deployment is found dead and taken over, which is true as well.
            _isUntouched = false;
        }
    }

    private async Task<int> FencedAsync(NpgsqlConnection connection, NpgsqlBatchCommand? besides, CancellationToken lost)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Connections.Fence() } };
        if (besides is not null)
            batch.BatchCommands.Add(besides);
        return await batch.ExecuteNonQueryAsync(lost);
    }

    /// <summary>Null when the entry is there already: its first answer was lost.</summary>
    private static async Task<(long Sequence, DateTimeOffset At)?> PlaceAsync(NpgsqlBatch batch, CancellationToken lost)
    {
        await using var rows = await batch.ExecuteReaderAsync(lost);
        await rows.NextResultAsync(lost);
        (long, DateTimeOffset)? place = await rows.ReadAsync(lost) ? (rows.GetInt64(0), LedgerRows.Instant(rows, 1)) : null;
        while (await rows.NextResultAsync(lost))
        {
            // The commit's answer comes after the last result.
        }

        return place;
    }

    private static async Task<(long Sequence, DateTimeOffset At)> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken lost)
    {
        await using var command = LedgerSql.Command(connection, Written, LedgerSql.Uuid(id));
        await using var rows = await command.ExecuteReaderAsync(lost);
        await rows.ReadAsync(lost);
        return (rows.GetInt64(0), LedgerRows.Instant(rows, 1));
    }

    /// <summary>One statement after the other, each repeated on a new session when its own broke; until it is done or the hold is lost.</summary>
    /// <remarks>A caller's cancellation is heard before the statement begins, not while its outcome is open: the ledger stays true.</remarks>
    private async Task<T> InTurnAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> act, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(_letGo, this);
            var since = _time.GetTimestamp();
            while (true)
            {
                _loss.ThrowIfLost();
                if (await TryAsync(act) is { } done)
                    return done.Value;
                await ForgetSessionAsync();
                if (_failure is { } failure && _time.GetElapsedTime(since) > _patience)
                    throw PostgresLedgerFailures.Of(failure, _place);
                await Task.Delay(Again, _time, Lost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Null when the session broke, or the hold was lost meanwhile.</summary>
    private async Task<Done<T>?> TryAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> act)
    {
        // The driver closes the connection itself after some answers (a full disk, no memory) that are no loss of it.
        if (_session is { Connection.FullState: not System.Data.ConnectionState.Open })
            await ForgetSessionAsync();
        if ((_session ??= await OpenAsync()) is not { } session)
            return null;
        try
        {
            return new Done<T>(await act(session.Connection, Lost));
        }
        catch (PostgresException failure) when (PostgresLedgerFailures.IsFenced(failure))
        {
            throw Connections.Fenced(failure);
        }
        catch (PostgresException failure) when (failure.ConstraintName == OneAutomaticRollback)
        {
            throw new ProblemException(LedgerProblems.AlreadyClaimed(Deployment, Environment), failure);
        }
        catch (Exception failure) when (PostgresLedgerFailures.IsConnectionLoss(failure) || (failure is OperationCanceledException && Lost.IsCancellationRequested))
        {
            _failure = failure as NpgsqlException;
            return null;
        }
        catch (PostgresException failure)
        {
            throw PostgresLedgerFailures.Of(failure, _place);
        }
    }

    /// <summary>Null when no session can be had now, whatever the reason: it may pass while the hold lives.</summary>
    private async Task<FencedConnection?> OpenAsync()
    {
        try
        {
            return await Connections.OpenAsync("ledger", Lost);
        }
        catch (Exception failure) when (failure is NpgsqlException or OperationCanceledException || PostgresLedgerFailures.IsConnectionLoss(failure))
        {
            _failure = failure as NpgsqlException;
            return null;
        }
    }

    private async Task ForgetSessionAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
        }
    }

    private sealed record Done<T>(T Value);
}
