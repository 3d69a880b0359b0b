using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>What restored tenants were before, until its time is over.</summary>
internal sealed class KeptSchemas(NpgsqlConnection connection, FencedConnections fenced)
{
    public async Task<(ImmutableArray<string> Dropped, ImmutableArray<string> Held)> DropExpiredAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var dropped = ImmutableArray.CreateBuilder<string>();
        var held = ImmutableArray.CreateBuilder<string>();
        foreach (var name in await ExpiredAsync(now, cancellation))
            (await DropAsync(name, cancellation) ? dropped : held).Add(name.Value);
        return (dropped.ToImmutable(), held.ToImmutable());
    }

    private async Task<List<QuotedName>> ExpiredAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using (var there = LedgerSql.Command(connection, "select to_regclass('safe_deploy.kept_schema') is not null"))
            if (await there.ExecuteScalarAsync(cancellation) is not true)
                return [];
        await using var command = LedgerSql.Command(connection, "select k.name from safe_deploy.kept_schema k where k.expires_at < $1 order by 1", LedgerSql.Instant(now));
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var names = new List<QuotedName>();
        while (await rows.ReadAsync(cancellation))
            // Whatever else stands in the table: only what begins like a kept schema is ever dropped.
            if (rows.GetString(0).StartsWith(TenantSchema.KeptPrefix, StringComparison.Ordinal) && QuotedName.TryParse(rows.GetString(0), out _) is { } name)
                names.Add(name);
        return names;
    }

    /// <returns>False when something outside depends on it.</returns>
    private async Task<bool> DropAsync(QuotedName name, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var fence = LedgerSql.Command(connection, LedgerSql.FenceText, LedgerSql.Text(fenced.Environment), LedgerSql.Integer(fenced.Epoch)))
            await fence.ExecuteNonQueryAsync(cancellation);
        if (!(await TenantDependents.ReadAsync(connection, name.Value, cancellation)).IsEmpty)
            return false;
        await using (var drop = new NpgsqlCommand($"drop schema if exists {name.Sql} cascade", connection) { CommandTimeout = 0 })
            await drop.ExecuteNonQueryAsync(cancellation);
        await using (var forget = LedgerSql.Command(connection, "delete from safe_deploy.kept_schema where name = $1", LedgerSql.Text(name.Value)))
            await forget.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }
}
