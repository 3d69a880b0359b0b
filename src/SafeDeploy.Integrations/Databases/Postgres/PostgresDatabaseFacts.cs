using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Reads <see cref="ServerFacts"/>: one round trip, and a proof that sessions are ours alone.</summary>
internal static class PostgresDatabaseFacts
{
    private const int BehindAPooler = 3;

    // Other users' rows of pg_stat_activity show only database, pid and user without pg_read_all_stats (manual, monitoring-stats).
    private const string Server = """
        select current_setting('server_version_num')::int, current_database()::text, current_user::text, pg_is_in_recovery(),
            current_setting('default_transaction_read_only')::bool, r.rolsuper,
            has_database_privilege(current_database(), 'CREATE'), pg_has_role('pg_read_all_stats', 'USAGE'),
            current_setting('max_connections')::int,
            current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0),
            (select count(*)::int from pg_stat_activity where datid is not null and coalesce(backend_type, 'client backend') = 'client backend'),
            current_setting('max_locks_per_transaction')::bigint
                * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int),
            pg_database_size(current_database()),
            (select count(*)::int from pg_stat_activity
                where state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend')
        from pg_roles r where r.rolname = current_user
        """;

    private const string LongTransactions = """
        select pid, application, usename, age, state, query from (
            select a.pid, coalesce(a.application_name, '') as application, coalesce(a.usename::text, '') as usename,
                clock_timestamp() - a.xact_start as age, coalesce(a.state, '') as state, left(coalesce(a.query, ''), 200) as query
            from pg_stat_activity a
            where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_type <> 'autovacuum worker' and a.xact_start < clock_timestamp() - interval '5 seconds'
            union all
            select 0, 'prepared transaction ' || p.gid, p.owner::text, clock_timestamp() - p.prepared, 'prepared', ''
            from pg_prepared_xacts p
            where p.database = current_database() and p.prepared < clock_timestamp() - interval '5 seconds') t
        order by age desc limit 20
        """;

    private const string InvalidIndexes = """
        select format('%I.%I', n.nspname, c.relname)
        from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
        where not i.indisvalid and c.relkind = 'i' and n.nspname !~ '^pg_'
            and not exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
        order by 1 limit 100
        """;

    public static async Task<ServerFacts> ReadAsync(PostgresDatabaseReader reader, CancellationToken cancellation)
    {
        var facts = await reader.ReadAsync("", canonical: true, ReadAsync, cancellation);
        // A standby refuses no advisory lock, but nothing is deployed there: its own finding comes first.
        return facts with { SessionsStable = await AreSessionsStableAsync(reader, cancellation) };
    }

    private static async Task<ServerFacts> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { new NpgsqlBatchCommand(Server), new NpgsqlBatchCommand(LongTransactions), new NpgsqlBatchCommand(InvalidIndexes) },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var facts = new ServerFacts(
            reader.GetInt32(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetBoolean(4), reader.GetBoolean(5),
            reader.GetBoolean(6), reader.GetBoolean(7), reader.GetInt32(8), reader.GetInt32(9), reader.GetInt32(10), reader.GetInt64(11),
            reader.GetInt64(12), reader.GetInt32(13), [], [], SessionsStable: false);
        await reader.NextResultAsync(cancellation);
        var transactions = ImmutableArray.CreateBuilder<LongTransaction>();
        while (await reader.ReadAsync(cancellation))
            transactions.Add(new LongTransaction(
                reader.GetInt32(0), reader.GetString(1), reader.GetString(2), reader.GetTimeSpan(3), reader.GetString(4), reader.GetString(5)));
        await reader.NextResultAsync(cancellation);
        var indexes = ImmutableArray.CreateBuilder<string>();
        while (await reader.ReadAsync(cancellation))
            indexes.Add(reader.GetString(0));
        return facts with { LongTransactions = transactions.ToImmutable(), InvalidIndexes = indexes.ToImmutable() };
    }

    /// <summary>
    /// One session takes a lock; others open transactions, which takes its backend away if a transaction pooler stands between; it must
    /// still be the same backend with its lock, and no other may have been given that backend.
    /// </summary>
    private static async Task<bool> AreSessionsStableAsync(PostgresDatabaseReader reader, CancellationToken cancellation)
    {
        var others = new List<NpgsqlConnection>();
        await using var first = await reader.OpenAsync(cancellation);
        try
        {
            var key = await ScalarAsync<int>(first, "select pg_backend_pid() from pg_advisory_lock_shared(1396986707, pg_backend_pid())", cancellation);
            // A server names its own process when a session opens; a pooler in between makes one up. It then has to fail longer to be believed.
            var rounds = first.ProcessID == key ? 1 : BehindAPooler;
            var stable = true;
            while (stable && others.Count < rounds)
            {
                others.Add(await reader.OpenAsync(cancellation));
                var other = await ScalarAsync<int>(others[^1], "begin; select pg_backend_pid()", cancellation);
                stable = other != key && await ScalarAsync<bool>(first, $"""
                    select pg_backend_pid() = {key} and exists (select from pg_locks
                        where locktype = 'advisory' and pid = pg_backend_pid() and classid = 1396986707 and objid::bigint = {key})
                    """, cancellation);
            }

            await ScalarAsync<bool>(first, $"select pg_advisory_unlock_shared(1396986707, {key})", cancellation);
            return stable;
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, reader.Display, opening: false) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
        finally
        {
            foreach (var other in others)
                await other.DisposeAsync();
        }
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
