using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Risk;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>What the transaction that is still open did to relations that existed before: its locks, new files and scans.</summary>
internal sealed class ScratchTrace
{
    private const string Relations = """
        select c.oid::int8, n.nspname || '.' || c.relname, c.relkind::text, coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::int8,
            coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0)
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind <> 'c' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
            and n.nspname not like 'pg\_temp%' and n.nspname not like 'pg\_toast\_temp%'
        """;

    private const string LocksOf = "select relation::int8, mode from pg_catalog.pg_locks where pid = $1 and locktype = 'relation'";

    private sealed record Seen(string Name, string Kind, long File, long Scans);

    private readonly Dictionary<long, Seen> _before = [];
    private readonly Dictionary<long, long> _scansBefore = [];
    private readonly SortedDictionary<string, LockLevel> _locks = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, LockLevel> _indexLocks = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, LockLevel> _sequenceLocks = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _rewrites = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _scans = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, LockLevel> Locks => _locks;

    public IReadOnlyDictionary<string, LockLevel> IndexLocks => _indexLocks;

    public IReadOnlyDictionary<string, LockLevel> SequenceLocks => _sequenceLocks;

    public IReadOnlySet<string> Rewrites => _rewrites;

    public IReadOnlySet<string> Scans => _scans;

    /// <summary>Relations that were there before: <c>schema.name</c>.</summary>
    public IEnumerable<string> Existing => _before.Values.Select(s => s.Name);

    public static async Task<ScratchTrace> BeginAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var trace = new ScratchTrace();
        await foreach (var (oid, seen) in ReadAsync(connection, cancellation))
            (trace._before[oid], trace._scansBefore[oid]) = (seen, seen.Scans);
        return trace;
    }

    /// <summary>To be called at the beginning of each transaction: counters are given up at the end of some, not of all.</summary>
    public async Task BaselineAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await foreach (var (oid, now) in ReadAsync(connection, cancellation))
            _scansBefore[oid] = now.Scans;
    }

    /// <summary>After a statement that ran alone: only new files can be seen then.</summary>
    public async Task NoteFilesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await foreach (var (oid, now) in ReadAsync(connection, cancellation))
        {
            if (_before.TryGetValue(oid, out var then) && then.Kind is not ("i" or "I" or "S") && now.File != then.File)
                _rewrites.Add(then.Name);
        }
    }

    /// <summary>Reads the session's own locks and counters; to be called before COMMIT.</summary>
    public async Task NoteAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await NoteLocksAsync(connection, connection.ProcessID, cancellation);
        await foreach (var (oid, now) in ReadAsync(connection, cancellation))
        {
            if (!_before.TryGetValue(oid, out var then) || then.Kind is "i" or "I" or "S")
                continue;
            if (now.File != then.File)
                _rewrites.Add(then.Name);
            if (now.Scans > _scansBefore.GetValueOrDefault(oid))
                _scans.Add(then.Name);
        }
    }

    /// <summary>Reads another session's locks, asked for ones included.</summary>
    public async Task NoteLocksAsync(NpgsqlConnection connection, int backend, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LocksOf, connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = backend });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            if (_before.TryGetValue(rows.GetInt64(0), out var seen))
                Note(seen, LockLevels.FromCatalog(rows.GetString(1)));
        }
    }

    private void Note(Seen seen, LockLevel level)
    {
        if (level == LockLevel.None)
            return;
        var into = seen.Kind is "i" or "I" ? _indexLocks : seen.Kind == "S" ? _sequenceLocks : _locks;
        into[seen.Name] = (LockLevel)Math.Max((int)into.GetValueOrDefault(seen.Name), (int)level);
    }

    private static async IAsyncEnumerable<(long Oid, Seen Seen)> ReadAsync(
        NpgsqlConnection connection, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Relations, connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            yield return (rows.GetInt64(0), new Seen(rows.GetString(1), rows.GetString(2), rows.GetInt64(3), rows.GetInt64(4)));
    }
}
