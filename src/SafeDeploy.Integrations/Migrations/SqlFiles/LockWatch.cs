using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Sees, from a second connection, who stands in the way of a session that waits.</summary>
internal sealed class LockWatch(NpgsqlDataSource source, TimeProvider clock) : IAsyncDisposable
{
    private const string Question =
        """
        select b.pid, coalesce(a.application_name, ''), coalesce(a.state, 'gone'),
               extract(epoch from clock_timestamp() - a.xact_start)::float8, coalesce(left(a.query, 200), ''),
               coalesce((select upper(regexp_replace(replace(w.mode, 'Lock', ''), '([a-z])([A-Z])', '\1 \2', 'g')) || ' on ' || w.relation::regclass::text from pg_catalog.pg_locks w
                         where w.pid = $1 and not w.granted and w.locktype in ('relation', 'tuple') limit 1), ''),
               count(*) over ()
        from unnest(pg_catalog.pg_blocking_pids($1)) b(pid) left join pg_catalog.pg_stat_activity a on a.pid = b.pid
        -- Who waits itself is only a link of the chain.
        order by cardinality(pg_catalog.pg_blocking_pids(b.pid)), a.xact_start limit 1
        """;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private NpgsqlConnection? _connection;

    /// <summary>Waits for <paramref name="work"/>, looking now and then; the last holder seen, or null.</summary>
    public async Task<LockHolder?> WatchAsync(int pid, Task work, TimeSpan every)
    {
        LockHolder? seen = null;
        using var over = new CancellationTokenSource();
        while (await Task.WhenAny(work, Task.Delay(every, clock, over.Token)) != work)
            seen = await HolderAsync(pid) ?? seen;
        await over.CancelAsync();
        return seen;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        _gate.Dispose();
    }

    // Knowing who it was is worth a connection, never a failure.
    private async Task<LockHolder?> HolderAsync(int pid)
    {
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            _connection ??= await source.OpenConnectionAsync(CancellationToken.None);
            await using var command = LedgerSql.Command(_connection, Question, LedgerSql.Integer(pid));
            command.CommandTimeout = 5;
            await using var row = await command.ExecuteReaderAsync(CancellationToken.None);
            return await row.ReadAsync(CancellationToken.None) ? Holder(row) : null;
        }
        catch (NpgsqlException)
        {
            if (_connection is not null)
                await _connection.DisposeAsync();
            _connection = null;
            return null;
        }
        finally
        {
            _gate.Release();
        }
    }

    private static LockHolder Holder(NpgsqlDataReader row) => new(
        row.GetInt32(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : TimeSpan.FromSeconds(row.GetDouble(3)), row.GetString(4))
    {
        Waited = row.GetString(5),
        Others = (int)row.GetInt64(6) - 1,
    };
}
