using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Reads which schemas are tenants; what cannot be one is named, never executed and never left out silently.</summary>
public sealed class PostgresTenantDirectory(NpgsqlDataSource source, string display)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly PostgresDatabaseReader _reader = new(source, display, Patience);

    /// <summary>In the query's order; by name where patterns are given. Fails with SD0430 when the query is no list of names.</summary>
    public async Task<TenantList> ReadAsync(TenantsSettings settings, CancellationToken cancellation)
    {
        var schemas = await _reader.ReadAsync("", canonical: false, SchemasAsync, cancellation);
        var names = settings.Source switch
        {
            TenantsSource.Query query => await QueriedAsync(query.Sql, cancellation),
            // A pattern is meant for tenants: what the server, the program or everybody owns is never matched by it.
            TenantsSource.Schemas patterns =>
                [.. schemas.Where(name => TenantSchema.TryParse(name, out _) is not null && patterns.Patterns.Any(pattern => Matches(pattern, name))).Order(StringComparer.Ordinal)],
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Source, null),
        };
        return Sort(names.Where(name => !settings.Exclude.Any(pattern => Matches(pattern, name))), schemas);
    }

    private static TenantList Sort(IEnumerable<string> names, HashSet<string> schemas)
    {
        var tenants = ImmutableArray.CreateBuilder<TenantSchema>();
        var missing = ImmutableArray.CreateBuilder<string>();
        var refused = ImmutableArray.CreateBuilder<(string, string)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (!seen.Add(name))
                refused.Add((name, "it is listed twice"));
            else if (TenantSchema.TryParse(name, out var why) is not { } tenant)
                refused.Add((name, why));
            else if (!schemas.Contains(name))
                missing.Add(name);
            else
                tenants.Add(tenant);
        }

        return new TenantList(tenants.ToImmutable(), missing.ToImmutable(), refused.ToImmutable());
    }

    private static async Task<HashSet<string>> SchemasAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select nspname::text from pg_catalog.pg_namespace", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation))
            names.Add(reader.GetString(0));
        return names;
    }

    private async Task<ImmutableArray<string>> QueriedAsync(string sql, CancellationToken cancellation)
    {
        try
        {
            return await _reader.ReadAsync("\"public\"", canonical: false, (connection, token) => NamesAsync(connection, sql, token), cancellation);
        }
        catch (ProblemException failure) when (failure.InnerException is PostgresException { SqlState: ['4', '2', ..] or "25006" or ['2', '2', ..] } server)
        {
            throw new ProblemException(TenantProblems.BadQuery($"{server.MessageText} (SQLSTATE {server.SqlState})", sql), failure);
        }
    }

    private static async Task<ImmutableArray<string>> NamesAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        // With a positional parameter, used or not, the driver sends the text as it is, and the server refuses a second statement in it.
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "" });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (reader.FieldCount != 1 || reader.GetDataTypeName(0).Split('(')[0] is not ("text" or "name" or "character varying" or "character"))
            throw new ProblemException(TenantProblems.BadQuery(Shape(reader), sql));
        var names = ImmutableArray.CreateBuilder<string>();
        while (await reader.ReadAsync(cancellation))
            names.Add(await reader.IsDBNullAsync(0, cancellation)
                ? throw new ProblemException(TenantProblems.BadQuery(string.Create(CultureInfo.InvariantCulture, $"its row {names.Count + 1} is NULL"), sql))
                : reader.GetString(0));
        return names.ToImmutable();
    }

    private static string Shape(NpgsqlDataReader reader) => reader.FieldCount == 1
        ? $"its column is of type {reader.GetDataTypeName(0)}, not text"
        : string.Create(CultureInfo.InvariantCulture, $"it reads {reader.FieldCount} columns instead of one");

    /// <summary><c>*</c> stands for any text; everything else for itself.</summary>
    private static bool Matches(string pattern, string name)
    {
        var parts = pattern.Split('*');
        if (parts.Length == 1)
            return pattern == name;
        if (!name.StartsWith(parts[0], StringComparison.Ordinal))
            return false;
        var at = parts[0].Length;
        foreach (var part in parts[1..^1])
        {
            var found = name.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + part.Length;
        }

        return name.Length - at >= parts[^1].Length && name.EndsWith(parts[^1], StringComparison.Ordinal);
    }
}
