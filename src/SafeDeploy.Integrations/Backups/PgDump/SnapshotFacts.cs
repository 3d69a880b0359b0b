using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>What the manifest says of each schema, read under the snapshot that the dumps read too.</summary>
internal sealed class SnapshotFacts(NpgsqlDataSource source, string snapshot, TimeSpan lockWait)
{
    private static readonly string Schemas = $"""
        select n.nspname::text, pg_get_userbyid(n.nspowner)::text,
            (select coalesce(sum(case when {LockedRelations.IsFree("c.oid")} then pg_total_relation_size(c.oid) else {LockedRelations.PagesOf("c")} end), 0)::bigint from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'm', 'S'))
        from pg_namespace n where n.nspname = any($1)
        """;

    // A null list of grants is the default one: the owner alone (ddl-priv).
    private const string Grants = """
        select n.nspname::text, coalesce(g.rolname::text, ''), x.privilege_type, x.is_grantable
        from pg_namespace n, aclexplode(n.nspacl) x left join pg_roles g on g.oid = x.grantee
        where n.nspname = any($1) and n.nspacl is not null order by 1, 2, 3
        """;

    private const string Extensions = """
        select e.extname::text, n.nspname::text, e.extversion from pg_extension e join pg_namespace n on n.oid = e.extnamespace
        where e.extname <> 'plpgsql' order by 1
        """;

    private const string History = """
        select m.scope, m.version, m.name, m.checksum, m.script, m.deployment, m.applied_at from safe_deploy.migration m
        where m.scope = any($1) order by m.scope, m.applied_at, m.version
        """;

    public sealed record Read(
        ImmutableSortedDictionary<string, ScopeFacts> Scopes, ImmutableArray<AppliedHistory> Histories, ImmutableArray<ExtensionFact> Extensions,
        ImmutableArray<LateObject> Late);

    /// <param name="costs">The schemas; the dearest are fingerprinted first.</param>
    /// <param name="workers">Sessions at once.</param>
    public async Task<Read> ReadAsync(
        IReadOnlyCollection<SchemaCost> costs, int workers, WriteCounters counters, CancellationToken cancellation)
    {
        var queue = new Queue<Scope>(costs.OrderByDescending(c => c.Bytes).Select(c => c.Scope));
        var names = costs.Select(c => c.Scope.Schema).ToArray();
        var work = Enumerable.Range(0, Math.Min(workers, queue.Count)).Select(_ => FingerprintsAsync(queue, cancellation)).ToArray();
        var (schemas, history, extensions, late) = await OnAsync(connection => BasicsAsync(connection, names, cancellation), cancellation);
        var prints = (await Task.WhenAll(work)).SelectMany(p => p).ToDictionary(p => p.Schema, StringComparer.Ordinal);
        var scopes = schemas.ToImmutableSortedDictionary(
            s => s.Schema,
            s => new ScopeFacts(
                prints[s.Schema].Structure, prints[s.Schema].Data, s.Bytes, counters.TextOf(s.Schema), s.Owner, s.Grants,
                [.. history.GetValueOrDefault(s.Schema, []).Select(h => h.At)]),
            StringComparer.Ordinal);
        return new Read(scopes, Grouped(history), extensions, late);
    }

    private static ImmutableArray<AppliedHistory> Grouped(Dictionary<string, List<(AppliedRow Row, DateTimeOffset At)>> history) =>
    [
        .. history.GroupBy(h => string.Join('\n', h.Value.Select(v => v.Row)), StringComparer.Ordinal)
            .Select(g => new AppliedHistory([.. g.Select(h => h.Key).Order(StringComparer.Ordinal)], [.. g.First().Value.Select(v => v.Row)])),
    ];

    private Task<List<(string Schema, string Structure, string Data)>> FingerprintsAsync(Queue<Scope> queue, CancellationToken cancellation) =>
        OnAsync(async connection =>
        {
            var prints = new List<(string, string, string)>();
            while (Next(queue) is { } scope)
            {
                // The schema before has left its search_path, under which names of this one would be written differently.
                await PostgresDatabaseReader.CanonicalAsync(connection, cancellation);
                var data = await DataFingerprints.OnAsync(connection, scope, cancellation);
                var structure = await Fingerprints.OnAsync(connection, [scope.Schema], cancellation);
                prints.Add((scope.Schema, structure.Count == 0 ? "" : structure[0].Value, data));
            }

            return prints;
        }, cancellation);

    private static Scope? Next(Queue<Scope> queue)
    {
        lock (queue)
            return queue.TryDequeue(out var scope) ? scope : null;
    }

    private async Task<T> OnAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        // The name is the server's own answer (digits, letters, dashes); the statement takes no parameter.
        await using (var import = new NpgsqlCommand($"set transaction snapshot '{snapshot}'", connection))
            await import.ExecuteNonQueryAsync(cancellation);
        await using (var patience = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"set local statement_timeout = 0; set local lock_timeout = {(long)lockWait.TotalMilliseconds}"), connection))
            await patience.ExecuteNonQueryAsync(cancellation);
        await PostgresDatabaseReader.CanonicalAsync(connection, cancellation);
        var result = await read(connection);
        await transaction.RollbackAsync(cancellation);
        return result;
    }

    private sealed record Basics(string Schema, string Owner, long Bytes, ImmutableArray<GrantFact> Grants);

    private static async Task<(List<Basics>, Dictionary<string, List<(AppliedRow Row, DateTimeOffset At)>>, ImmutableArray<ExtensionFact>, ImmutableArray<LateObject>)> BasicsAsync(
        NpgsqlConnection connection, string[] names, CancellationToken cancellation)
    {
        var grants = (await RowsAsync(connection, Grants, names, r => (r.GetString(0), new GrantFact(r.GetString(1), r.GetString(2), r.GetBoolean(3))), cancellation))
            .ToLookup(g => g.Item1, g => g.Item2, StringComparer.Ordinal);
        var schemas = await RowsAsync(
            connection, Schemas, names, r => new Basics(r.GetString(0), r.GetString(1), r.GetInt64(2), [.. grants[r.GetString(0)]]), cancellation);
        var extensions = await RowsAsync(connection, Extensions, null, r => new ExtensionFact(r.GetString(0), r.GetString(1), r.GetString(2)), cancellation);
        return (schemas, await HistoryAsync(connection, names, cancellation), [.. extensions], await LateObjects.ReadAsync(connection, names, cancellation));
    }

    private static async Task<Dictionary<string, List<(AppliedRow Row, DateTimeOffset At)>>> HistoryAsync(
        NpgsqlConnection connection, string[] names, CancellationToken cancellation)
    {
        var history = new Dictionary<string, List<(AppliedRow, DateTimeOffset)>>(StringComparer.Ordinal);
        if (!(await RowsAsync(connection, "select to_regclass('safe_deploy.migration') is not null", null, r => r.GetBoolean(0), cancellation))[0])
            return history;
        var rows = await RowsAsync(connection, History, names, r => (
            Scope: r.GetString(0),
            Row: new AppliedRow(r.GetString(1), r.GetString(2), r.GetString(3), Maybe(r, 4), Maybe(r, 5)),
            At: new DateTimeOffset(r.GetDateTime(6), TimeSpan.Zero)), cancellation);
        foreach (var (scope, row, at) in rows)
        {
            if (!history.TryGetValue(scope, out var list))
                history[scope] = list = [];
            list.Add((row, at));
        }

        return history;
    }

    private static string? Maybe(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static async Task<List<T>> RowsAsync<T>(
        NpgsqlConnection connection, string sql, string[]? schemas, Func<NpgsqlDataReader, T> row, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (schemas is not null)
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = schemas });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(row(reader));
        return rows;
    }
}
