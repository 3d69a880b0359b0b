using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Names of scratch databases tell when they were made: one whose process died is a copy of everybody's data, and goes a day later.</summary>
internal static class ScratchNames
{
    private const string Prefix = "safe_deploy_scratch_";
    private const string Moment = "yyyyMMddHHmmss";

    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>A name for a new one; what others left long ago is dropped on the way.</summary>
    public static async Task<string> NextAsync(NpgsqlConnectionStringBuilder server, TimeProvider clock, CancellationToken cancellation)
    {
        await using var source = PostgresUrl.DataSource(server, "safe-deploy/scratch");
        await using var connection = await source.OpenConnectionAsync(cancellation);
        foreach (var name in await OldAsync(connection, clock.GetUtcNow() - Longest, cancellation))
            await DropAsync(connection, name, cancellation);
        return string.Create(CultureInfo.InvariantCulture, $"{Prefix}{clock.GetUtcNow().UtcDateTime.ToString(Moment, CultureInfo.InvariantCulture)}_{Guid.NewGuid().ToString("N")[..12]}");
    }

    private static async Task<List<QuotedName>> OldAsync(NpgsqlConnection connection, DateTimeOffset before, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select d.datname::text from pg_database d where starts_with(d.datname, '{Prefix}') and pg_has_role(d.datdba, 'usage')", connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var old = new List<QuotedName>();
        while (await rows.ReadAsync(cancellation))
        {
            var name = rows.GetString(0);
            var told = name[Prefix.Length..].Split('_')[0];
            if (DateTimeOffset.TryParseExact(told, Moment, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made) && made < before
                && QuotedName.TryParse(name, out _) is { } quoted)
                old.Add(quoted);
        }

        return old;
    }

    private static async Task DropAsync(NpgsqlConnection connection, QuotedName name, CancellationToken cancellation)
    {
        try
        {
            await using var drop = new NpgsqlCommand($"drop database if exists {name.Sql}", connection) { CommandTimeout = 0 };
            await drop.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException used) when (used.SqlState == PostgresErrorCodes.ObjectInUse)
        {
            // A proof that takes longer than a day is still at work in it.
            return;
        }
    }
}
