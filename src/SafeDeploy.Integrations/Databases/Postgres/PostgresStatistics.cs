using System.Collections.Immutable;
using System.Text;
using Npgsql;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Reads sizes of all scopes and the structure of two: what risk is multiplied with. Reads only.</summary>
internal static class PostgresStatistics
{
    // A table that another session has locked is counted by the pages of its last ANALYZE: its exact size would be waited for.
    private static readonly string Sizes = $"""
        select n.nspname::text, c.relname::text, c.reltuples::bigint, case when {LockedRelations.IsFree("c.oid")} then pg_table_size(c.oid)
            else {LockedRelations.PagesOf("c")} end
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any($1) and c.relkind in ('r', 'm')
        """;

    private const string Server = """
        select current_setting('server_version_num')::int,
            current_setting('max_locks_per_transaction')::bigint * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int),
            clock_timestamp()
        """;

    public static async Task<FleetStatistics> ReadAsync(
        PostgresDatabaseReader reader, IReadOnlyCollection<Scope> scopes, Scope? reference, CancellationToken cancellation)
    {
        var (version, slots, now) = await reader.ReadAsync("", canonical: false, ServerAsync, cancellation);
        var tenants = scopes.Where(s => s is Scope.Tenant).Select(s => s.Schema).ToImmutableArray();
        var sizes = await reader.ReadAsync("", canonical: false, (connection, token) => SizesAsync(connection, [.. tenants, "public"], token), cancellation);
        return new FleetStatistics(
            FleetStatistics.CurrentVersion, now, version, slots, tenants, ByTable(sizes, tenants), ByTable(sizes, ["public"]), await SchemaAsync(reader, reference, cancellation));
    }

    private static async Task<(int Version, long Slots, DateTimeOffset Now)> ServerAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Server, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (reader.GetInt32(0), reader.GetInt64(1), new DateTimeOffset(reader.GetFieldValue<DateTime>(2)));
    }

    private static async Task<List<(string Schema, string Table, long Rows, long Bytes)>> SizesAsync(
        NpgsqlConnection connection, string[] schemas, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Sizes, connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = schemas });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var sizes = new List<(string, string, long, long)>();
        while (await reader.ReadAsync(cancellation))
        {
            // A table that was dropped meanwhile has no size.
            sizes.Add((reader.GetString(0), reader.GetString(1), reader.GetInt64(2), await reader.IsDBNullAsync(3, cancellation) ? 0 : reader.GetInt64(3)));
        }

        return sizes;
    }

    private static ImmutableSortedDictionary<string, TableSizes> ByTable(
        List<(string Schema, string Table, long Rows, long Bytes)> sizes, ImmutableArray<string> schemas)
    {
        var place = schemas.Select((name, i) => (name, i)).ToDictionary(s => s.name, s => s.i, StringComparer.Ordinal);
        return sizes.Where(s => place.ContainsKey(s.Schema)).GroupBy(s => s.Table, StringComparer.Ordinal).ToImmutableSortedDictionary(
            table => table.Key,
            table =>
            {
                var rows = Enumerable.Repeat(-1L, schemas.Length).ToArray();
                var bytes = new long[schemas.Length];
                foreach (var one in table)
                    (rows[place[one.Schema]], bytes[place[one.Schema]]) = (one.Rows, one.Bytes);
                return new TableSizes([.. rows], [.. bytes]);
            },
            StringComparer.Ordinal);
    }

    private static async Task<string> SchemaAsync(PostgresDatabaseReader reader, Scope? reference, CancellationToken cancellation)
    {
        var script = new StringBuilder();
        await AppendAsync(script, reader, new Scope.Public(), cancellation);
        if (reference is null)
            return script.ToString();
        script.Append("create schema tenant;\nset search_path = tenant, public;\n");
        await AppendAsync(script, reader, reference, cancellation);
        return script.ToString();
    }

    private static async Task AppendAsync(StringBuilder script, PostgresDatabaseReader reader, Scope scope, CancellationToken cancellation)
    {
        // Names that this search_path finds are written without their schema, and mean the same again in schema "tenant".
        var path = scope is Scope.Public ? scope.Sql : $"{scope.Sql}, \"public\"";
        foreach (var statement in await reader.ReadAsync(path, canonical: true, (connection, token) => StatementsAsync(connection, scope, token), cancellation))
            script.Append(statement).Append(";\n");
    }

    private static async Task<List<string>> StatementsAsync(NpgsqlConnection connection, Scope scope, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(CatalogueScript.Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = scope.Schema });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var statements = new List<string>();
        while (await reader.ReadAsync(cancellation))
        {
            if (!await reader.IsDBNullAsync(0, cancellation))
                statements.Add(reader.GetString(0));
        }

        return statements;
    }
}
