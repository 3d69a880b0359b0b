using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Counts what a restore would lose, by the server's own counters.</summary>
internal sealed class RestoreLosses(NpgsqlConnection connection, BackupManifest manifest)
{
    private const string Present = "select n.nspname::text from pg_namespace n where n.nspname = any($1)";

    private const string Versions = """
        select distinct on (m.scope) m.scope, m.version from safe_deploy.migration m where m.scope = any($1) order by m.scope, m.applied_at desc, m.version desc
        """;

    public async Task<ImmutableArray<RestoreLoss>> ReadAsync(IReadOnlyList<Scope> scopes, CancellationToken cancellation)
    {
        var names = scopes.Select(s => s.Schema).ToArray();
        var present = (await PairsAsync(Present, names, cancellation)).Select(p => p.Key).ToHashSet(StringComparer.Ordinal);
        var counters = await WriteCounters.ReadAsync(connection, names, cancellation);
        var versions = await KnowsVersionsAsync(cancellation)
            ? (await PairsAsync(Versions, names, cancellation)).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal)
            : [];
        return [.. names.Select(name => Of(name, present.Contains(name), counters, versions.GetValueOrDefault(name)))];
    }

    /// <summary>Of the whole database: schemas that came after the set are among them.</summary>
    public async Task<ImmutableArray<RestoreLoss>> EverythingAsync(CancellationToken cancellation)
    {
        var kept = await ReadAsync([.. manifest.Scopes.Keys.Select(Scope.Parse)], cancellation);
        var newer = await DatabaseFacts.SchemasAsync(connection, manifest, cancellation);
        if (newer.IsEmpty)
            return kept;
        var counters = await WriteCounters.ReadAsync(connection, [.. newer], cancellation);
        return [.. kept, .. newer.Select(name => new RestoreLoss(name, true, counters.WrittenSince(manifest.CountersSince, name, ""), 0, null, null) { IsInSet = false })];
    }

    /// <summary>Rows of a schema in the set.</summary>
    public static long Rows(ScopeFacts facts) => long.Parse(facts.Data.AsSpan(0, facts.Data.IndexOf(':', StringComparison.Ordinal)), CultureInfo.InvariantCulture);

    private RestoreLoss Of(string name, bool exists, WriteCounters counters, string? version)
    {
        var facts = manifest.Scopes[name];
        return new RestoreLoss(
            name, exists, exists ? counters.WrittenSince(manifest.CountersSince, name, facts.Counters) : 0,
            Rows(facts), manifest.Versions.GetValueOrDefault(name), version);
    }

    private async Task<bool> KnowsVersionsAsync(CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(connection, "select to_regclass('safe_deploy.migration') is not null");
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    private async Task<List<KeyValuePair<string, string>>> PairsAsync(string sql, string[] names, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = names } } };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var pairs = new List<KeyValuePair<string, string>>();
        while (await rows.ReadAsync(cancellation))
            pairs.Add(KeyValuePair.Create(rows.GetString(0), rows.FieldCount > 1 ? rows.GetString(1) : ""));
        return pairs;
    }
}
