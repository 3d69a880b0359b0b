using System.Globalization;
using Npgsql;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>The server's counters of rows written, by which a restore counts what it would lose.</summary>
/// <param name="Since">When they began to count. Another value later: they were reset, and say nothing about the time between.</param>
/// <param name="BySchema">Schema → table's oid → rows inserted, updated and deleted.</param>
public sealed record WriteCounters(string Since, IReadOnlyDictionary<string, Dictionary<long, long>> BySchema)
{
    // The counters are gone after a crash: then those of the background writer begin anew too, whatever the database's say.
    private const string SinceText = """
        select coalesce((select extract(epoch from d.stats_reset)::text from pg_stat_database d where d.datname = current_database()), '')
            || '|' || coalesce((select extract(epoch from b.stats_reset)::text from pg_stat_bgwriter b), '')
            || '|' || (select b.oid from pg_database b where b.datname = current_database())
        """;

    private const string Counters = """
        select s.schemaname::text, s.relid::bigint, s.n_tup_ins + s.n_tup_upd + s.n_tup_del from pg_stat_all_tables s where s.schemaname = any($1)
        """;

    /// <summary>Read before the snapshot is taken: what is written in between is then counted as lost, never missed.</summary>
    public static async Task<WriteCounters> ReadAsync(NpgsqlConnection connection, string[] schemas, CancellationToken cancellation)
    {
        await using var since = new NpgsqlCommand(SinceText, connection);
        var began = (string)(await since.ExecuteScalarAsync(cancellation))!;
        await using var command = new NpgsqlCommand(Counters, connection) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = schemas } } };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var found = new Dictionary<string, Dictionary<long, long>>(StringComparer.Ordinal);
        while (await rows.ReadAsync(cancellation))
        {
            if (!found.TryGetValue(rows.GetString(0), out var tables))
                found[rows.GetString(0)] = tables = [];
            tables[rows.GetInt64(1)] = rows.GetInt64(2);
        }

        return new WriteCounters(began, found);
    }

    /// <summary>One schema's counters as the manifest keeps them: <c>16400=500 16410=3</c>.</summary>
    public string TextOf(string schema) => string.Join(' ', BySchema.GetValueOrDefault(schema, [])
        .OrderBy(t => t.Key).Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key}={t.Value}")));

    /// <summary>Rows written since the manifest's counters were read, at most; null = the counters can not say.</summary>
    /// <param name="then">What <see cref="TextOf"/> gave.</param>
    public long? WrittenSince(string since, string schema, string then)
    {
        if (since.Length == 0 || since != Since)
            return null;
        var now = BySchema.GetValueOrDefault(schema, []);
        var written = now.Sum(t => t.Value);
        foreach (var pair in then.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            var table = long.Parse(pair.AsSpan(0, at), CultureInfo.InvariantCulture);
            var before = long.Parse(pair.AsSpan(at + 1), CultureInfo.InvariantCulture);
            // A table that is gone took its counter along; one that counts less was counted anew.
            if (!now.TryGetValue(table, out var after) || after < before)
                return null;
            written -= before;
        }

        return written;
    }
}
