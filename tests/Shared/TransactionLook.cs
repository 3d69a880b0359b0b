using Npgsql;
using SafeDeploy.Risk;

namespace SafeDeploy.Tests;

/// <summary>What a transaction did to relations that were there before it: locks held, new files, tables read from end to end.</summary>
/// <param name="Dropped">Tables that are gone or have lost a column.</param>
public sealed record TransactionEffect(
    SortedDictionary<string, LockLevel> Locks,
    SortedDictionary<string, LockLevel> IndexLocks,
    SortedDictionary<string, LockLevel> SequenceLocks,
    SortedSet<string> Rewrites,
    SortedSet<string> Scans,
    SortedSet<string> Dropped)
{
    public static TransactionEffect None => new(Locked(), Locked(), Locked(), Names(), Names(), Names());

    private static SortedDictionary<string, LockLevel> Locked() => new(StringComparer.Ordinal);

    private static SortedSet<string> Names() => new(StringComparer.Ordinal);
}

/// <summary>Reads pg_locks, relfilenodes and scan counters of an open transaction, apart from the program's own tracer: this is what the model is held to.</summary>
public sealed class TransactionLook
{
    private const string Relations = """
        select c.oid::int8, n.nspname || '.' || c.relname, c.relkind::text, coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::int8,
            coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0), coalesce(a.dropped, 0)
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            left join (select attrelid, count(*) dropped from pg_catalog.pg_attribute where attisdropped group by attrelid) a on a.attrelid = c.oid
        where c.relkind <> 'c' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
            and n.nspname not like 'pg\_temp%' and n.nspname not like 'pg\_toast\_temp%'
        """;

    private const string Held = "select relation::int8, mode from pg_catalog.pg_locks where pid = pg_catalog.pg_backend_pid() and locktype = 'relation' and granted";

    private readonly NpgsqlConnection _connection;
    private readonly IReadOnlyDictionary<long, Seen> _before;

    private TransactionLook(NpgsqlConnection connection, IReadOnlyDictionary<long, Seen> before) => (_connection, _before) = (connection, before);

    private sealed record Seen(string Name, string Kind, long File, long Scans, long Dropped)
    {
        public bool IsTable => Kind is not ("i" or "I" or "S");
    }

    /// <summary>The relations before the statement: their names, by oid.</summary>
    public IReadOnlyDictionary<long, string> Before => _before.ToDictionary(b => b.Key, b => b.Value.Name);

    /// <summary>To be called when the transaction has begun.</summary>
    public static async Task<TransactionLook> BeginAsync(NpgsqlConnection connection) => new(connection, await RelationsAsync(connection));

    /// <summary>To be called before the transaction ends.</summary>
    public async Task<TransactionEffect> SeeAsync()
    {
        var effect = TransactionEffect.None;
        // Locks first: the look itself takes some.
        await NoteLocksAsync(effect);
        var after = await RelationsAsync(_connection);
        foreach (var (oid, then) in _before.Where(b => b.Value.IsTable))
            Compare(effect, then, after.GetValueOrDefault(oid));
        return effect;
    }

    private static void Compare(TransactionEffect effect, Seen then, Seen? now)
    {
        if (then.Kind is "r" or "p" && (now is null || now.Dropped > then.Dropped))
            effect.Dropped.Add(then.Name);
        if (now is not null && now.File != then.File)
            effect.Rewrites.Add(then.Name);
        if (now is not null && now.Scans > then.Scans)
            effect.Scans.Add(then.Name);
    }

    private async Task NoteLocksAsync(TransactionEffect effect)
    {
        await using var command = new NpgsqlCommand(Held, _connection);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            if (!_before.TryGetValue(rows.GetInt64(0), out var seen))
                continue;
            var into = seen.Kind is "i" or "I" ? effect.IndexLocks : seen.Kind == "S" ? effect.SequenceLocks : effect.Locks;
            into[seen.Name] = (LockLevel)Math.Max((int)into.GetValueOrDefault(seen.Name), (int)LockLevels.FromCatalog(rows.GetString(1)));
        }
    }

    private static async Task<Dictionary<long, Seen>> RelationsAsync(NpgsqlConnection connection)
    {
        var relations = new Dictionary<long, Seen>();
        await using var command = new NpgsqlCommand(Relations, connection);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            relations[rows.GetInt64(0)] = new Seen(rows.GetString(1), rows.GetString(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5));
        return relations;
    }
}
