using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Reads which schemas are tenants; what cannot be one is named, never executed and never left out silently.</summary>
public sealed class PostgresTenantDirectory(NpgsqlDataSource source, string display)
{
    public async Task<TenantList> ReadAsync(TenantsSettings settings, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation);
            var schemas = await SchemasAsync(connection, cancellation);
            var names = settings.Source is TenantsSource.Query query
                ? await NamesAsync(connection, query.Sql, cancellation)
                : [.. schemas.Where(s => ((TenantsSource.Schemas)settings.Source).Patterns.Any(p => Matches(p, s))).Order(StringComparer.Ordinal)];
            return Sort(names.Where(n => !settings.Exclude.Any(e => Matches(e, n))), schemas);
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, display, opening: false) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
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

    /// <summary>The configured query, in a transaction that can write nothing.</summary>
    private static async Task<ImmutableArray<string>> NamesAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var guard = new NpgsqlCommand("set transaction read only", connection, transaction))
            await guard.ExecuteNonQueryAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var names = ImmutableArray.CreateBuilder<string>();
        while (await reader.ReadAsync(cancellation))
            names.Add(await reader.IsDBNullAsync(0, cancellation) ? "" : reader.GetValue(0).ToString() ?? "");
        return names.ToImmutable();
    }

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
