using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Keeps one snapshot open that every dump reads, and the storage of each table as it was then.</summary>
internal sealed class SnapshotHolder : IAsyncDisposable
{
    // A worker locks a table only when it reaches it. TRUNCATE or a rewrite before that leaves an empty or new storage
    // that the snapshot reads as no rows, without an error: the file node tells.
    private const string Storage = """
        select c.oid::bigint, format('%I.%I', n.nspname, c.relname), c.relfilenode::bigint
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any($1) and c.relkind in ('r', 'm')
        """;

    private const string Costs = """
        select n.nspname::text, count(c.oid) filter (where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f'))::int,
            count(c.oid) filter (where c.relkind = 'r')::int, coalesce(sum(c.relpages) filter (where c.relkind in ('r', 'm', 't')), 0)::bigint * 8192
        from pg_namespace n left join pg_class c on c.relnamespace = n.oid where n.nspname = any($1) group by n.nspname
        """;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private SnapshotHolder(NpgsqlConnection connection, NpgsqlTransaction transaction, string snapshot)
    {
        _connection = connection;
        _transaction = transaction;
        Snapshot = snapshot;
    }

    /// <summary>The name that <c>pg_dump --snapshot</c> takes.</summary>
    public string Snapshot { get; }

    public static async Task<SnapshotHolder> TakeAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        var connection = await source.OpenConnectionAsync(cancellation);
        try
        {
            await using (var settings = new NpgsqlCommand(
                "select set_config('idle_in_transaction_session_timeout', '0', false), set_config('statement_timeout', '0', false)", connection))
                await settings.ExecuteNonQueryAsync(cancellation);
            var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
            await using var export = new NpgsqlCommand("select pg_export_snapshot()", connection);
            return new SnapshotHolder(connection, transaction, (string)(await export.ExecuteScalarAsync(cancellation))!);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task<ImmutableArray<SchemaCost>> CostsAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation)
    {
        var bySchema = scopes.ToDictionary(s => s.Schema, StringComparer.Ordinal);
        await using var command = Command(_connection, Costs, bySchema.Keys);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var costs = ImmutableArray.CreateBuilder<SchemaCost>(scopes.Count);
        while (await rows.ReadAsync(cancellation))
            costs.Add(new SchemaCost(bySchema[rows.GetString(0)], rows.GetInt32(1), rows.GetInt32(2), rows.GetInt64(3)));
        return costs.ToImmutable();
    }

    /// <summary>Last migration per schema; empty where the ledger is kept elsewhere.</summary>
    public async Task<ImmutableSortedDictionary<string, string>> VersionsAsync(CancellationToken cancellation)
    {
        var versions = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        await using (var exists = new NpgsqlCommand("select to_regclass('safe_deploy.migration') is not null", _connection))
            if (await exists.ExecuteScalarAsync(cancellation) is not true)
                return versions.ToImmutable();
        await using var command = new NpgsqlCommand(
            "select distinct on (scope) scope, version from safe_deploy.migration order by scope, applied_at desc, version desc", _connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            versions[rows.GetString(0)] = rows.GetString(1);
        return versions.ToImmutable();
    }

    /// <summary>Whether the session is still there, asked by another one: this one may be in use.</summary>
    public async Task<bool> IsAliveAsync(NpgsqlConnection other, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select exists (select from pg_stat_activity where pid = $1)", other)
        {
            Parameters = { new NpgsqlParameter<int> { TypedValue = _connection.ProcessID } },
        };
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>The storage as the snapshot shows it.</summary>
    public Task<Dictionary<long, (string Table, long Node)>> StorageAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) =>
        StorageAsync(_connection, scopes, cancellation);

    /// <summary>Tables whose storage is another one now than in the snapshot; read by a session of its own.</summary>
    public static async Task<ImmutableArray<string>> ChangedAsync(
        NpgsqlDataSource source, IReadOnlyCollection<Scope> scopes, Dictionary<long, (string Table, long Node)> before, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        var now = await StorageAsync(connection, scopes, cancellation);
        return [.. before.Where(b => !now.TryGetValue(b.Key, out var n) || n.Node != b.Value.Node).Select(b => b.Value.Table).Order(StringComparer.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static async Task<Dictionary<long, (string Table, long Node)>> StorageAsync(
        NpgsqlConnection connection, IReadOnlyCollection<Scope> scopes, CancellationToken cancellation)
    {
        await using var command = Command(connection, Storage, scopes.Select(s => s.Schema));
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var storage = new Dictionary<long, (string, long)>();
        while (await rows.ReadAsync(cancellation))
            storage[rows.GetInt64(0)] = (rows.GetString(1), rows.GetInt64(2));
        return storage;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, IEnumerable<string> schemas) =>
        new(sql, connection) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. schemas] } } };
}
