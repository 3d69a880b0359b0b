using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>Ends every recorded session of a former holder and waits until nothing of it can commit any more.</summary>
internal sealed class OlderSessions(NpgsqlConnection connection, FencedConnections hold, PostgresLedgerOptions options, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // backend_start is hidden from a role that may not see the session (monitoring-stats); its name is not.
    private const string Alive =
        """
        from safe_deploy.session s join pg_catalog.pg_stat_activity a on a.pid = s.pid
         and (a.backend_start = s.backend_start or (a.backend_start is null and a.application_name like 'safe-deploy/%'))
        where s.environment = $1 and s.epoch < $2 and a.pid <> pg_catalog.pg_backend_pid()
        """;

    private const string Lockers =
        """
        from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.pid <> pg_catalog.pg_backend_pid()
          and l.database = (select b.oid from pg_catalog.pg_database b where b.datname = pg_catalog.current_database())
          and l.classid::bigint = ($1 >> 32) & 4294967295 and l.objid::bigint = $1 & 4294967295
        """;

    private readonly HashSet<int> _ended = [];
    private bool _locked;

    /// <summary>How many sessions were ended. Fails with SD0206 when one can not be, SD0203 when the claim itself was taken over meanwhile.</summary>
    public async Task<int> EndAsync(bool locked, CancellationToken cancellation)
    {
        _locked = locked;
        var since = time.GetTimestamp();
        while (!await RoundAsync(cancellation))
        {
            if (time.GetElapsedTime(since) > options.FenceWithin)
                throw new ProblemException(LedgerProblems.StillThere(hold.Environment, await WhoAsync(cancellation), "55P03"));
            await Task.Delay(Pause, time, cancellation);
        }

        await using var forget = LedgerSql.Command(
            connection, "delete from safe_deploy.session s where s.environment = $1 and s.epoch < $2", LedgerSql.Text(hold.Environment), LedgerSql.Integer(hold.Epoch));
        await forget.ExecuteNonQueryAsync(cancellation);
        return _ended.Count;
    }

    private async Task<bool> RoundAsync(CancellationToken cancellation)
    {
        await RenewAsync(cancellation);
        try
        {
            var alive = await TerminateAsync(Alive, cancellation, LedgerSql.Text(hold.Environment), LedgerSql.Integer(hold.Epoch));
            _locked = _locked || await LockAsync(cancellation);
            return _locked && !alive && await NothingRunsAsync(cancellation);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new ProblemException(LedgerProblems.StillThere(hold.Environment, await WhoAsync(cancellation), refused.SqlState), refused);
        }
    }

    private async Task<bool> TerminateAsync(string which, CancellationToken cancellation, params NpgsqlParameter[] parameters)
    {
        await using var command = LedgerSql.Command(connection, $"select a.pid, pg_catalog.pg_terminate_backend(a.pid) {which}", parameters);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var any = false;
        while (await rows.ReadAsync(cancellation))
        {
            any = true;
            _ended.Add(rows.GetInt32(0));
        }

        return any;
    }

    private async Task<bool> LockAsync(CancellationToken cancellation)
    {
        var key = AdvisoryLocks.Hold(hold.Environment);
        await using (var command = LedgerSql.Command(connection, "select pg_catalog.pg_try_advisory_lock($1)", LedgerSql.Long(key)))
            if (await command.ExecuteScalarAsync(cancellation) is true)
                return true;
        await TerminateAsync(Lockers, cancellation, LedgerSql.Long(key));
        return false;
    }

    /// <summary>FOR UPDATE is granted only when no transaction that passed the fence is open, recorded or not.</summary>
    private async Task<bool> NothingRunsAsync(CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        try
        {
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new NpgsqlBatchCommand("set local lock_timeout = '500ms'"),
                    LedgerSql.With(new NpgsqlBatchCommand("select from safe_deploy.environment e where e.name = $1 for update"), LedgerSql.Text(hold.Environment)),
                },
            };
            await batch.ExecuteNonQueryAsync(cancellation);
            await transaction.CommitAsync(cancellation);
            return true;
        }
        catch (PostgresException waited) when (waited.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await transaction.RollbackAsync(cancellation);
            return false;
        }
    }

    /// <summary>Ending sessions may take longer than a heartbeat lives.</summary>
    private async Task RenewAsync(CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(connection, HoldKeeper.Renew, LedgerSql.Text(hold.Environment), LedgerSql.Integer(hold.Epoch));
        if (await command.ExecuteNonQueryAsync(cancellation) == 0)
            throw new ProblemException(LedgerProblems.WasTakenOver(hold.Deployment, hold.Environment, hold.Epoch));
    }

    private async Task<string> WhoAsync(CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(
            connection,
            $"select pg_catalog.format('pid %s of role %s', a.pid, a.usename) {Alive} limit 1",
            LedgerSql.Text(hold.Environment),
            LedgerSql.Integer(hold.Epoch));
        return await command.ExecuteScalarAsync(cancellation) as string ?? "a session that holds the environment's row";
    }
}
