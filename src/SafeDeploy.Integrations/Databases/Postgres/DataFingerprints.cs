using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Fingerprints of the rows of every table: equal rows, equal hash, whatever their order or the columns' places.</summary>
/// <remarks>
/// A sum of row hashes alone is linear, so two rows that swap a value would go unseen: the hash of each row is hashed again.
/// Types whose equality is wider than their text (numeric 1.0 and 1.00, enums by OID, json without equality) count as text.
/// </remarks>
public sealed class DataFingerprints(PostgresDatabaseReader reader)
{
    private const string Tables = """
        select c.relname::text, coalesce(string_agg(case
                when a.atttypid in ('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'date'::regtype,
                    'timestamp'::regtype, 'timestamptz'::regtype, 'bytea'::regtype) then format('%I', a.attname)
                else format('(%I::text collate "C")', a.attname) end, ', ' order by a.attname), '')
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where n.nspname = $1 and c.relkind = 'r' group by c.relname order by c.relname collate "C"
        """;

    /// <summary>Schema name → <c>rows:hash</c> over all its tables; a schema that does not exist is one without tables.</summary>
    public async Task<ImmutableSortedDictionary<string, string>> ReadAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation)
    {
        var found = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var scope in scopes)
            found[scope.Schema] = await reader.ReadAsync("", canonical: true, (connection, token) => OnAsync(connection, scope, token), cancellation);
        return found.ToImmutable();
    }

    /// <summary>On a session and in a transaction of the caller, which has called <see cref="PostgresDatabaseReader.CanonicalAsync"/>.</summary>
    internal static async Task<string> OnAsync(NpgsqlConnection connection, Scope scope, CancellationToken cancellation)
    {
        var tables = await TablesAsync(connection, scope, cancellation);
        if (tables.Count == 0)
            return "0:";
        var sql = string.Join("\nunion all ", tables.Select((t, i) => string.Create(CultureInfo.InvariantCulture, $"""
            select {i}, count(*), coalesce(sum(hashtextextended(hash_record_extended(row({t.Columns}), 0)::text, 0)), 0)::text from {scope.Sql}.{t.Name.Sql} t
            """)));
        await using var command = new NpgsqlCommand(sql, connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var lines = new SortedDictionary<int, string>();
        var count = 0L;
        while (await rows.ReadAsync(cancellation))
        {
            count += rows.GetInt64(1);
            lines[rows.GetInt32(0)] = string.Create(CultureInfo.InvariantCulture, $"{tables[rows.GetInt32(0)].Name.Value}|{rows.GetInt64(1)}|{rows.GetString(2)}");
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines.Values)));
        return string.Create(CultureInfo.InvariantCulture, $"{count}:{Convert.ToHexStringLower(hash)}");
    }

    private static async Task<List<(QuotedName Name, string Columns)>> TablesAsync(NpgsqlConnection connection, Scope scope, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Tables, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = scope.Schema });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var tables = new List<(QuotedName, string)>();
        while (await rows.ReadAsync(cancellation))
            tables.Add((QuotedName.TryParse(rows.GetString(0), out var why) ?? throw new FormatException(why), rows.GetString(1)));
        return tables;
    }
}
