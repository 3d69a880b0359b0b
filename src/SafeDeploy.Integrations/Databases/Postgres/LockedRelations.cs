using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Relations that other sessions hold, or ask for, in ACCESS EXCLUSIVE: reading their size or structure waits for them.</summary>
/// <remarks>Even <c>pg_table_size</c> and the functions that deparse expressions take ACCESS SHARE (manual, explicit-locking); who waits for the lock blocks it too.</remarks>
internal static class LockedRelations
{
    /// <summary>As the condition of a query: the relation with this OID can be opened without waiting. The locks are read once a query.</summary>
    public static string IsFree(string oid) => $"""
        {oid} <> all(array(select l.relation from pg_locks l where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid <> pg_backend_pid()
            and l.database = (select d.oid from pg_database d where d.datname = current_database())))
        """;

    /// <summary>As an expression: the bytes of a relation and its TOAST table by the pages of its last ANALYZE, which nobody's lock keeps from being read.</summary>
    public static string PagesOf(string relation) =>
        $"({relation}.relpages::bigint + coalesce((select t.relpages from pg_class t where t.oid = {relation}.reltoastrelid), 0)) * current_setting('block_size')::bigint";

    private const string Holders = """
        select format('%I.%I', n.nspname, c.relname), a.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''), coalesce(a.state, ''),
            extract(epoch from clock_timestamp() - a.xact_start)::float8, coalesce(left(a.query, 200), ''), l.granted, coalesce((pg_blocking_pids(a.pid))[1], 0), count(*) over ()
        from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid <> pg_backend_pid()
            and l.database = (select d.oid from pg_database d where d.datname = current_database())
            and c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'pg_toast')
        order by l.granted desc, a.xact_start, a.pid, 1 limit 1
        """;

    /// <param name="Relation">Schema and name, quoted where they need it.</param>
    /// <param name="Since">Age of the transaction; null where this user may not see it.</param>
    /// <param name="IsGranted">False: it waits for the lock itself, behind <paramref name="BehindPid"/>.</param>
    /// <param name="BehindPid">0 = nobody.</param>
    /// <param name="Others">How many more relations are locked so.</param>
    private sealed record Holder(
        string Relation, int Pid, string User, string Application, string State, TimeSpan? Since, string Query, bool IsGranted, int BehindPid, int Others);

    /// <summary>The problem behind a read that waited for a lock in vain; names who holds it, where that can still be seen.</summary>
    /// <param name="waited">How long the read waited.</param>
    public static async Task<Problem> ProblemAsync(NpgsqlDataSource source, string display, TimeSpan waited, string evidence, CancellationToken cancellation) =>
        Of(await HolderAsync(source, cancellation), display, waited, evidence);

    /// <summary>Null where nobody holds such a lock now, or it cannot be asked.</summary>
    public static async Task<Problem?> ProblemAsync(NpgsqlDataSource source, string display, string evidence, CancellationToken cancellation) =>
        await HolderAsync(source, cancellation) is { } holder ? Of(holder, display, null, evidence) : null;

    // Knowing who it was is worth a connection, never a failure.
    private static async Task<Holder?> HolderAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation);
            await using var command = new NpgsqlCommand(Holders, connection) { CommandTimeout = 5 };
            await using var row = await command.ExecuteReaderAsync(cancellation);
            return await row.ReadAsync(cancellation)
                ? new Holder(
                    row.GetString(0), row.GetInt32(1), row.GetString(2), row.GetString(3), row.GetString(4),
                    await row.IsDBNullAsync(5, cancellation) ? null : TimeSpan.FromSeconds(row.GetDouble(5)), row.GetString(6), row.GetBoolean(7), row.GetInt32(8), (int)row.GetInt64(9) - 1)
                : null;
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }

    private static Problem Of(Holder? holder, string display, TimeSpan? waited, string evidence)
    {
        var within = waited is { } time ? string.Create(CultureInfo.InvariantCulture, $" within {time.TotalSeconds:0.#} s") : "";
        if (holder is null)
            return PostgresDatabaseProblems.Read(PostgresDatabaseProblems.Locked,
                $"a table could not be read{within}: another session had locked it, which has let go meanwhile", display, "run again", evidence);
        var other = holder.Others == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (and {holder.Others} more)");
        var end = (holder.IsGranted, holder.BehindPid) switch
        {
            (false, > 0) => string.Create(CultureInfo.InvariantCulture, $"wait for it, or end whom it waits for: select pg_terminate_backend({holder.BehindPid}); then run again"),
            _ => string.Create(CultureInfo.InvariantCulture, $"wait until its transaction is over, or end it: select pg_terminate_backend({holder.Pid}); then run again"),
        };
        return PostgresDatabaseProblems.Read(PostgresDatabaseProblems.Locked,
            holder.IsGranted
                ? $"{holder.Relation}{other} could not be read{within}: another session holds it in ACCESS EXCLUSIVE, which keeps out even readers"
                : $"{holder.Relation}{other} could not be read{within}: another session waits for ACCESS EXCLUSIVE on it, and whoever comes later waits behind it",
            $"{display}: {holder.Relation}, {Who(holder)}", end, evidence);
    }

    private static string Who(Holder holder)
    {
        var words = ImmutableArray.CreateBuilder<string>();
        words.Add(string.Create(CultureInfo.InvariantCulture, $"pid {holder.Pid}"));
        if (holder.User.Length > 0)
            words.Add($"user {holder.User}");
        if (holder.Application.Length > 0)
            words.Add($"application \"{holder.Application}\"");
        if (holder.Since is { } since)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"in its transaction for {since.TotalSeconds:0} s"));
        if (!holder.IsGranted && holder.BehindPid > 0)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"itself waiting for pid {holder.BehindPid}"));
        if (holder.State.Length > 0)
            words.Add(holder.State);
        if (holder.Query.Length > 0)
            words.Add(PostgresDatabaseProblems.OneLine(holder.Query));
        return string.Join(", ", words);
    }
}
