using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>What restored databases were before, until their time is over.</summary>
internal sealed class KeptDatabases(NpgsqlConnection connection)
{
    private const string Expired = """
        select k.name, exists (select from pg_database d where d.datname = k.name and d.datallowconn) from safe_deploy.kept_database k where k.expires_at < $1 order by 1
        """;

    /// <returns>Names removed, and names that somebody opened again.</returns>
    public async Task<(ImmutableArray<string> Dropped, ImmutableArray<string> Held)> DropExpiredAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using (var there = LedgerSql.Command(connection, "select to_regclass('safe_deploy.kept_database') is not null"))
            if (await there.ExecuteScalarAsync(cancellation) is not true)
                return ([], []);
        var dropped = ImmutableArray.CreateBuilder<string>();
        var held = ImmutableArray.CreateBuilder<string>();
        foreach (var (name, isOpen) in await ExpiredAsync(now, cancellation))
            if (isOpen)
                held.Add(name.Value);
            else
                dropped.Add(await DropAsync(name, cancellation));
        return (dropped.ToImmutable(), held.ToImmutable());
    }

    private async Task<List<(QuotedName Name, bool IsOpen)>> ExpiredAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(connection, Expired, LedgerSql.Instant(now));
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var names = new List<(QuotedName, bool)>();
        while (await rows.ReadAsync(cancellation))
            // Whatever else stands in the table: only what begins like a kept database is ever dropped.
            if (rows.GetString(0).StartsWith(TenantSchema.KeptPrefix, StringComparison.Ordinal) && QuotedName.TryParse(rows.GetString(0), out _) is { } name)
                names.Add((name, rows.GetBoolean(1)));
        return names;
    }

    /// <summary>No transaction may hold it (sql-dropdatabase): when the line is left behind, the next call finds nothing to drop and removes it.</summary>
    private async Task<string> DropAsync(QuotedName name, CancellationToken cancellation)
    {
        await using (var drop = new NpgsqlCommand($"drop database if exists {name.Sql}", connection) { CommandTimeout = 0 })
            await drop.ExecuteNonQueryAsync(cancellation);
        await using var forget = LedgerSql.Command(connection, "delete from safe_deploy.kept_database where name = $1", LedgerSql.Text(name.Value));
        await forget.ExecuteNonQueryAsync(cancellation);
        return name.Value;
    }
}
