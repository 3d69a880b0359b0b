using Npgsql;
using SafeDeploy.Risk;

namespace SafeDeploy.DatabaseTests.Risk;

/// <summary>What one statement really did, read in its own transaction before it was rolled back.</summary>
public sealed record RecordedEffect(
    SortedDictionary<string, LockLevel> Locks,
    SortedDictionary<string, LockLevel> IndexLocks,
    SortedDictionary<string, LockLevel> SequenceLocks,
    SortedSet<string> Rewrites,
    SortedSet<string> Scans,
    string? Error)
{
    /// <summary>To be stored: of an error the SQLSTATE, which is the same in every language.</summary>
    public RecordedFacts Of(string sql) => new(sql, Error?[..5] ?? "", Locks, IndexLocks, SequenceLocks, Rewrites, Scans);
}

/// <summary>Runs statements one by one on a real server, each from the same state, and reads pg_locks, relfilenodes and scan counters.</summary>
public sealed class LockRecorder(NpgsqlConnection connection)
{
    private const string Relations = """
        select c.oid::int8, n.nspname || '.' || c.relname, c.relkind::text, coalesce(pg_relation_filenode(c.oid), 0)::int8, coalesce(pg_stat_get_xact_numscans(c.oid), 0)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind <> 'c' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg_temp%' and n.nspname not like 'pg_toast_temp%'
        """;

    private const string Locks = "select relation::int8, mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation' and granted";

    private sealed record Seen(string Name, string Kind, long File, long Scans);

    public async Task<RecordedEffect> RecordAsync(string sql)
    {
        await ExecuteAsync("begin");
        try
        {
            var before = await RelationsAsync();
            await ExecuteAsync(sql);
            var locks = await LocksAsync();
            var after = await RelationsAsync();
            return Compare(before, after, locks);
        }
        catch (PostgresException error)
        {
            return new RecordedEffect([], [], [], [], [], $"{error.SqlState} {error.MessageText}");
        }
        finally
        {
            await ExecuteAsync("rollback");
        }
    }

    private static RecordedEffect Compare(Dictionary<long, Seen> before, Dictionary<long, Seen> after, List<(long Relation, LockLevel Level)> locks)
    {
        var effect = new RecordedEffect([], [], [], [], [], null);
        foreach (var (relation, level) in locks)
        {
            if (!before.TryGetValue(relation, out var seen))
                continue;
            var into = seen.Kind is "i" or "I" ? effect.IndexLocks : seen.Kind == "S" ? effect.SequenceLocks : effect.Locks;
            into[seen.Name] = (LockLevel)Math.Max((int)into.GetValueOrDefault(seen.Name), (int)level);
        }

        foreach (var (relation, now) in after)
        {
            if (!before.TryGetValue(relation, out var then) || then.Kind is "i" or "I" or "S")
                continue;
            if (now.File != then.File)
                effect.Rewrites.Add(then.Name);
            if (now.Scans > then.Scans)
                effect.Scans.Add(then.Name);
        }

        return effect;
    }

    private async Task<Dictionary<long, Seen>> RelationsAsync()
    {
        var relations = new Dictionary<long, Seen>();
        await using var command = new NpgsqlCommand(Relations, connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            relations[reader.GetInt64(0)] = new Seen(reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4));
        return relations;
    }

    private async Task<List<(long Relation, LockLevel Level)>> LocksAsync()
    {
        var locks = new List<(long, LockLevel)>();
        await using var command = new NpgsqlCommand(Locks, connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            locks.Add((reader.GetInt64(0), LockLevels.FromCatalog(reader.GetString(1))));
        return locks;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
