using Npgsql;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>Sees the locks of a statement that must run outside a transaction, by making it wait in the middle.</summary>
/// <remarks>
/// CONCURRENTLY waits for older snapshots and for holders of locks (sql-createindex, "Building Indexes Concurrently"): a second
/// session holds both until the locks have been read.
/// </remarks>
internal sealed class BareWatch(ScratchServer server, TimeProvider clock)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private const string Hold = """
        do $$
        declare t regclass;
        begin
            for t in select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
                    and n.nspname not like 'pg\_temp%' and n.nspname not like 'pg\_toast\_temp%'
            loop
                execute 'lock table ' || t || ' in access share mode';
            end loop;
        end $$
        """;

    private const string Waits = "select wait_event_type = 'Lock' from pg_catalog.pg_stat_activity where pid = $1";

    /// <summary>True when the locks were seen.</summary>
    public async Task<bool> RunAsync(string database, NpgsqlConnection worker, ScratchTrace trace, Func<Task> act, CancellationToken cancellation)
    {
        await using var holder = await server.ConnectAsync(database, cancellation);
        await using var observer = await server.ConnectAsync(database, cancellation);
        foreach (var sql in (string[])["begin isolation level repeatable read", Hold])
        {
            await using var command = new NpgsqlCommand(sql, holder);
            await command.ExecuteNonQueryAsync(cancellation);
        }

        var backend = worker.ProcessID;
        var work = act();
        var seen = false;
        try
        {
            while (!work.IsCompleted && !seen)
            {
                seen = await IsWaitingAsync(observer, backend, cancellation);
                if (seen)
                    await trace.NoteLocksAsync(observer, backend, cancellation);
                else
                    await Task.WhenAny(work, Task.Delay(Poll, clock, cancellation));
            }
        }
        finally
        {
            await holder.CloseAsync();
        }

        await work;
        return seen;
    }

    private static async Task<bool> IsWaitingAsync(NpgsqlConnection observer, int backend, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Waits, observer);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = backend });
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}
