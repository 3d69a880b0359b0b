using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Counts what a drop would lose; one query to find the objects, one a hundred objects to count.</summary>
internal static class PostgresDatabaseHeldData
{
    private const int AtMost = 10_000;
    private const int Chunk = 100;

    // attmissingval is what ADD COLUMN … DEFAULT filled in for the rows that were there (manual, catalog-pg-attribute).
    private const string Existing = """
        select o.place::int - 1, a.attmissingval::text
        from unnest($1::text[], $2::text[], $3::text[]) with ordinality o(schema, relation, attribute, place)
        join pg_namespace n on n.nspname = o.schema
        join pg_class c on c.relnamespace = n.oid and c.relname = o.relation and c.relkind in ('r', 'p', 'm', 'f')
        left join pg_attribute a on a.attrelid = c.oid and a.attname = o.attribute and a.attnum > 0 and not a.attisdropped
        where o.attribute is null or a.attname is not null
        """;

    public static Task<ImmutableArray<HeldData>> ReadAsync(
        PostgresDatabaseReader reader, IReadOnlyCollection<DroppedObject> objects, CancellationToken cancellation) => objects.Count == 0
        ? Task.FromResult(ImmutableArray<HeldData>.Empty)
        : reader.ReadAsync("", canonical: true, (connection, token) => ReadAsync(connection, [.. objects], token), cancellation);

    private static async Task<ImmutableArray<HeldData>> ReadAsync(
        NpgsqlConnection connection, ImmutableArray<DroppedObject> objects, CancellationToken cancellation)
    {
        var rows = new long?[objects.Length];
        foreach (var chunk in (await ExistingAsync(connection, objects, cancellation)).Chunk(Chunk))
            await CountAsync(connection, objects, chunk, rows, cancellation);
        return [.. objects.Select((o, i) => new HeldData(o, rows[i]))];
    }

    private static async Task<List<(int Place, string? FilledIn)>> ExistingAsync(
        NpgsqlConnection connection, ImmutableArray<DroppedObject> objects, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Existing, connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. objects.Select(o => o.Scope.Schema)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. objects.Select(o => o.Table)] });
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. objects.Select(o => o.Column)] });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<(int, string?)>();
        while (await reader.ReadAsync(cancellation))
            found.Add((reader.GetInt32(0), await reader.IsDBNullAsync(1, cancellation) ? null : reader.GetString(1)));
        return found;
    }

    private static async Task CountAsync(
        NpgsqlConnection connection, ImmutableArray<DroppedObject> objects, (int Place, string? FilledIn)[] chunk, long?[] rows,
        CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (place, filledIn) in chunk)
        {
            var command = new NpgsqlBatchCommand(CountSql(objects[place], filledIn is not null));
            if (filledIn is not null)
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = filledIn });
            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        foreach (var (place, _) in chunk)
        {
            await reader.ReadAsync(cancellation);
            rows[place] = reader.GetInt64(0);
            await reader.NextResultAsync(cancellation);
        }
    }

    private static string CountSql(DroppedObject dropped, bool hasFilledIn)
    {
        var table = $"{dropped.Scope.Sql}.{Quoted(dropped.Table)}";
        var condition = dropped.Column is not { } column ? ""
            : hasFilledIn ? $"where {Quoted(column)} is not null and {Quoted(column)}::text is distinct from ($1::text[])[1]"
            : $"where {Quoted(column)} is not null";
        return string.Create(CultureInfo.InvariantCulture, $"select count(*) from (select from {table} {condition} limit {AtMost}) held");
    }

    // Only names that the catalogue just gave back as existing come here.
    private static string Quoted(string name) =>
        QuotedName.TryParse(name, out var why)?.Sql ?? throw new FormatException($"\"{name}\" is no identifier: {why}");
}
