using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Structure fingerprints: equal for schemas built the same, whatever they are called. One query for hundreds of schemas.</summary>
public sealed class Fingerprints(PostgresDatabaseReader reader)
{
    private const int Chunk = 500;

    /// <summary>Schema name → <c>pg15:</c> and a SHA-256; a schema that does not exist is absent. Two sessions work at once on many.</summary>
    public async Task<ImmutableSortedDictionary<string, string>> ReadAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation)
    {
        var chunks = scopes.Select(s => s.Schema).Distinct(StringComparer.Ordinal).Chunk(ChunkSize(scopes.Count));
        var found = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var pair in chunks.Chunk(2))
            foreach (var part in await Task.WhenAll(pair.Select(chunk => ReadAsync(chunk, cancellation))))
                found.AddRange(part);
        return found.ToImmutable();
    }

    /// <summary>The lines behind a fingerprint, to show where two schemas differ; empty when the schema does not exist.</summary>
    public Task<ImmutableArray<string>> LinesAsync(Scope scope, CancellationToken cancellation) =>
        reader.ReadAsync("", canonical: true, async (connection, token) =>
        {
            var lines = ImmutableArray.CreateBuilder<string>();
            lines.AddRange(await TextsAsync(connection, FingerprintSql.Lines(Major(connection)) + FingerprintSql.Listed, new[] { scope.Schema }, token));
            var deparsed = await DeparsedAsync(connection, await HashedAsync(connection, [scope.Schema], token), token);
            lines.AddRange(deparsed.GetValueOrDefault(scope.Schema, "").Split('\n', StringSplitOptions.RemoveEmptyEntries));
            return lines.ToImmutable();
        }, cancellation);

    private static int ChunkSize(int scopes) => Math.Clamp((scopes + 1) / 2, 1, Chunk);

    private static int Major(NpgsqlConnection connection) => connection.PostgreSqlVersion.Major;

    private Task<List<KeyValuePair<string, string>>> ReadAsync(string[] schemas, CancellationToken cancellation) =>
        reader.ReadAsync("", canonical: true, (connection, token) => OnAsync(connection, schemas, token), cancellation);

    /// <summary>On a session and in a transaction of the caller, which has called <see cref="PostgresDatabaseReader.CanonicalAsync"/>; leaves its search_path changed.</summary>
    internal static async Task<List<KeyValuePair<string, string>>> OnAsync(NpgsqlConnection connection, string[] schemas, CancellationToken cancellation)
    {
        var hashed = await HashedAsync(connection, schemas, cancellation);
        var deparsed = await DeparsedAsync(connection, hashed, cancellation);
        return hashed.ConvertAll(h => KeyValuePair.Create(
            h.Schema, Of(Major(connection), h.Hash, deparsed.GetValueOrDefault(h.Schema, ""))));
    }

    private static string Of(int major, string hash, string deparsed)
    {
        var all = SHA256.HashData(Encoding.UTF8.GetBytes($"{hash}\n{deparsed}"));
        return string.Create(CultureInfo.InvariantCulture, $"pg{major}:{Convert.ToHexStringLower(all)}");
    }

    private static async Task<List<(string Schema, string Hash, long[] Deparse)>> HashedAsync(
        NpgsqlConnection connection, string[] schemas, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(FingerprintSql.Lines(Major(connection)) + FingerprintSql.Hashed, connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = schemas });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var found = new List<(string, string, long[])>();
        while (await rows.ReadAsync(cancellation))
            found.Add((rows.GetString(0), rows.GetString(1), rows.GetFieldValue<long[]>(2)));
        return found;
    }

    /// <summary>One round trip for all: each schema's search_path, then its definitions.</summary>
    private static async Task<Dictionary<string, string>> DeparsedAsync(
        NpgsqlConnection connection, List<(string Schema, string Hash, long[] Deparse)> hashed, CancellationToken cancellation)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var asked = hashed.FindAll(h => h.Deparse.Length > 0);
        if (asked.Count == 0)
            return found;
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (schema, _, relations) in asked)
        {
            batch.BatchCommands.Add(Command("select set_config('search_path', $1, true)", Scope.Parse(schema).Sql));
            batch.BatchCommands.Add(Command(FingerprintSql.Deparsed, relations));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        foreach (var (schema, _, _) in asked)
        {
            await reader.NextResultAsync(cancellation);
            var lines = new StringBuilder();
            while (await reader.ReadAsync(cancellation))
                lines.Append(reader.GetString(0)).Append('\n');
            found[schema] = lines.ToString();
            await reader.NextResultAsync(cancellation);
        }

        return found;
    }

    private static NpgsqlBatchCommand Command<T>(string sql, T value) =>
        new(sql) { Parameters = { new NpgsqlParameter<T> { TypedValue = value } } };

    private static async Task<List<string>> TextsAsync<T>(NpgsqlConnection connection, string sql, T parameter, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = parameter });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var texts = new List<string>();
        while (await reader.ReadAsync(cancellation))
            texts.Add(reader.GetString(0));
        return texts;
    }
}
