using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>Keeps the advisory lock and renews the heartbeat on a session of its own, until it is disposed or the hold is lost.</summary>
/// <remarks>A broken session is made anew as long as the last renewal is younger than the TTL: a restart of the server must not end a deployment.</remarks>
internal sealed class HoldKeeper : IAsyncDisposable
{
    internal const string Renew = "update safe_deploy.environment e set heartbeat_at = clock_timestamp() where e.name = $1 and e.epoch = $2";

    // The lock of a session whose network is gone lives on in the server until that session is ended.
    private const string EndFormer =
        """
        select pg_catalog.pg_terminate_backend(a.pid)
        from safe_deploy.session s join pg_catalog.pg_stat_activity a on a.pid = s.pid and a.backend_start = s.backend_start
        where s.environment = $1 and s.epoch = $2 and s.purpose = 'keeper' and a.pid <> pg_catalog.pg_backend_pid()
        """;

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(250);

    private readonly FencedConnections _connections;
    private readonly HoldLoss _loss;
    private readonly PostgresLedgerOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private FencedConnection? _session;
    private ITimer? _expiry;
    private Task _loop = Task.CompletedTask;
    private long _renewedAt;

    /// <param name="since">Before the claim was sent: what others count from is never earlier.</param>
    public HoldKeeper(
        NpgsqlConnection claimed, FencedConnections connections, HoldLoss loss, PostgresLedgerOptions options, TimeProvider time, long since)
    {
        _session = new FencedConnection(claimed);
        _connections = connections;
        _loss = loss;
        _options = options;
        _time = time;
        _renewedAt = since;
    }

    public void Start()
    {
        _renewedAt = _time.GetTimestamp();
        _expiry = _time.CreateTimer(_ => Expire(), null, _options.Ttl, Timeout.InfiniteTimeSpan);
        _loop = LoopAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_expiry is not null)
            await _expiry.DisposeAsync();
        await ForgetSessionAsync();
        _stop.Dispose();
    }

    /// <summary>When it ends, for whatever reason, the lock is free: who lost the hold must not look as if it worked.</summary>
    private async Task LoopAsync(CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, _loss.Token);
        try
        {
            while (true)
            {
                await Task.Delay(_session is null ? Again : _options.RenewEvery, _time, ended.Token);
                await TryRenewAsync(ended.Token);
            }
        }
        finally
        {
            await ForgetSessionAsync();
        }
    }

    private async Task TryRenewAsync(CancellationToken ended)
    {
        try
        {
            await RenewAsync(ended);
        }
        catch (ProblemException taken)
        {
            _loss.Lose(taken.Problem);
        }
        catch (Exception failure) when (!ended.IsCancellationRequested && (failure is NpgsqlException or OperationCanceledException || PostgresLedgerFailures.IsConnectionLoss(failure)))
        {
            // Whatever the reason is (restart, network, a limit of connections), it may pass before the expiry fires.
            await ForgetSessionAsync();
        }
    }

    private async Task RenewAsync(CancellationToken ended)
    {
        var before = _time.GetTimestamp();
        using var limit = new CancellationTokenSource(_options.Ttl / 3, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ended, limit.Token);
        _session ??= await ReconnectAsync(both.Token);
        if (_session is null)
            return;
        await using var command = LedgerSql.Command(
            _session.Connection, Renew, LedgerSql.Text(_connections.Environment), LedgerSql.Integer(_connections.Epoch));
        if (await command.ExecuteNonQueryAsync(both.Token) == 0)
            throw new ProblemException(LedgerProblems.WasTakenOver(_connections.Deployment, _connections.Environment, _connections.Epoch));
        Volatile.Write(ref _renewedAt, before);
        _expiry?.Change(Remaining(), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Null while the former session still has the lock.</summary>
    private async Task<FencedConnection?> ReconnectAsync(CancellationToken cancellation)
    {
        var session = await _connections.OpenAsync("keeper", cancellation);
        try
        {
            await using (var end = LedgerSql.Command(
                session.Connection, EndFormer, LedgerSql.Text(_connections.Environment), LedgerSql.Integer(_connections.Epoch)))
                await end.ExecuteNonQueryAsync(cancellation);
            await using var take = LedgerSql.Command(
                session.Connection, "select pg_catalog.pg_try_advisory_lock($1)", LedgerSql.Long(AdvisoryLocks.Hold(_connections.Environment)));
            if (await take.ExecuteScalarAsync(cancellation) is true)
                return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }

        await session.DisposeAsync();
        return null;
    }

    private async Task ForgetSessionAsync()
    {
        if (_session is { } broken)
        {
            _session = null;
            await broken.DisposeAsync();
        }
    }

    private TimeSpan Remaining()
    {
        var left = _options.Ttl - _time.GetElapsedTime(Volatile.Read(ref _renewedAt));
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Expire()
    {
        var left = Remaining();
        // A timer counts whole milliseconds and may fire a little early; it must not have fired for nothing.
        if (left > TimeSpan.Zero)
            _expiry?.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        else
            _loss.Lose(LedgerProblems.CouldNotRenew(_connections.Deployment, _connections.Environment, _options.Ttl));
    }
}
