using Npgsql;
using SafeDeploy.Risk;

namespace SafeDeploy.Benchmarks;

/// <summary>What a statement was seen to do to relations that existed before it; an error is its SQLSTATE and message.</summary>
/// <param name="Dropped">Tables that are gone or have lost a column.</param>
/// <param name="OnOld">Tables and indexes older than the file: what only those meet is what a user would notice.</param>
internal sealed record SeenEffect(
    SortedDictionary<string, LockLevel> Locks,
    SortedDictionary<string, LockLevel> IndexLocks,
    SortedDictionary<string, LockLevel> SequenceLocks,
    SortedSet<string> Rewrites,
    SortedSet<string> Scans,
    SortedSet<string> Dropped,
    HashSet<string> OnOld,
    string Error = "")
{
    public static SeenEffect None(string error = "") => new(Sorted(), Sorted(), Sorted(), Names(), Names(), Names(), [], error);

    public LockLevel Strongest => Locks.Values.Append(LockLevel.None).Max();

    /// <summary>Readers or writers wait while a table is read or written from end to end.</summary>
    public bool Blocks(bool oldOnly) =>
        Locks.Concat(IndexLocks).Any(l => l.Value.BlocksWrites() && Counts(l.Key, oldOnly)) && Rewrites.Concat(Scans).Any(t => Counts(t, oldOnly));

    public bool Drops(bool oldOnly) => Dropped.Any(t => Counts(t, oldOnly));

    private bool Counts(string name, bool oldOnly) => !oldOnly || OnOld.Contains(name);

    private static SortedDictionary<string, LockLevel> Sorted() => new(StringComparer.Ordinal);

    private static SortedSet<string> Names() => new(StringComparer.Ordinal);
}

/// <summary>Runs the statements of one file, each in a transaction of its own that is kept, and reads locks, files and counters before it ends.</summary>
internal sealed class StatementWatch(NpgsqlConnection connection)
{
    private const string Relations = """
        select c.oid::int8, n.nspname || '.' || c.relname, c.relkind::text, coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::int8,
            coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0), coalesce(a.dropped, 0)
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            left join (select attrelid, count(*) dropped from pg_catalog.pg_attribute where attisdropped group by attrelid) a on a.attrelid = c.oid
        where c.relkind <> 'c' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
            and n.nspname not like 'pg\_temp%' and n.nspname not like 'pg\_toast\_temp%'
        """;

    private const string LocksHeld = "select relation::int8, mode from pg_catalog.pg_locks where pid = pg_backend_pid() and locktype = 'relation' and granted";

    private sealed record Seen(string Name, string Kind, long File, long Scans, long Dropped);

    private readonly HashSet<long> _old = [];

    /// <summary>To be called before the file's first statement.</summary>
    public async Task BeginFileAsync(string timeZone)
    {
        await ExecuteAsync($"set timezone = '{timeZone}'");
        _old.UnionWith((await RelationsAsync()).Keys);
    }

    /// <param name="isBare">It may not run in a transaction: it runs, and nothing is seen.</param>
    public async Task<SeenEffect> RunAsync(string sql, bool isBare)
    {
        try
        {
            if (!isBare)
                await ExecuteAsync("begin");
            var before = await RelationsAsync();
            await ExecuteAsync(sql);
            if (isBare)
                return SeenEffect.None("not in a transaction");
            var seen = Compare(before, await LocksAsync(), await RelationsAsync());
            await ExecuteAsync("commit");
            return seen;
        }
        catch (NpgsqlException refused)
        {
            if (!isBare && connection.FullState == System.Data.ConnectionState.Open)
                await ExecuteAsync("rollback");
            return SeenEffect.None(refused is PostgresException server ? $"{server.SqlState} {server.MessageText}" : refused.Message);
        }
    }

    private SeenEffect Compare(Dictionary<long, Seen> before, List<(long Relation, LockLevel Level)> locks, Dictionary<long, Seen> after)
    {
        var effect = SeenEffect.None();
        effect.OnOld.UnionWith(before.Where(b => _old.Contains(b.Key)).Select(b => b.Value.Name));
        foreach (var (relation, level) in locks)
        {
            if (!before.TryGetValue(relation, out var seen))
                continue;
            var into = seen.Kind is "i" or "I" ? effect.IndexLocks : seen.Kind == "S" ? effect.SequenceLocks : effect.Locks;
            into[seen.Name] = (LockLevel)Math.Max((int)into.GetValueOrDefault(seen.Name), (int)level);
        }

        foreach (var (relation, then) in before.Where(b => b.Value.Kind is not ("i" or "I" or "S")))
        {
            var isGone = !after.TryGetValue(relation, out var now);
            if (then.Kind is "r" or "p" && (isGone || now!.Dropped > then.Dropped))
                effect.Dropped.Add(then.Name);
            if (!isGone && now!.File != then.File)
                effect.Rewrites.Add(then.Name);
            if (!isGone && now!.Scans > then.Scans)
                effect.Scans.Add(then.Name);
        }

        return effect;
    }

    private async Task<Dictionary<long, Seen>> RelationsAsync()
    {
        var relations = new Dictionary<long, Seen>();
        await using var command = new NpgsqlCommand(Relations, connection);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            relations[rows.GetInt64(0)] = new Seen(rows.GetString(1), rows.GetString(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5));
        return relations;
    }

    private async Task<List<(long Relation, LockLevel Level)>> LocksAsync()
    {
        var locks = new List<(long, LockLevel)>();
        await using var command = new NpgsqlCommand(LocksHeld, connection);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            locks.Add((rows.GetInt64(0), LockLevels.FromCatalog(rows.GetString(1))));
        return locks;
    }

    // As it is: the driver would take a colon or a question mark for a parameter.
    private async Task ExecuteAsync(string sql)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = 60, BatchCommands = { new NpgsqlBatchCommand(sql) } };
        await batch.ExecuteNonQueryAsync();
    }
}
