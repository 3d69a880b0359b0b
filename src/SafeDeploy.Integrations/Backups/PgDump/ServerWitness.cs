using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>A session that waits beside a client tool: pg_restore ends with 1 whatever went wrong, this one tells why.</summary>
internal sealed class ServerWitness : IAsyncDisposable
{
    // More than what a server that stopped for want of room can have left: it stops within one page.
    private const string TakeRoom = "create table public.safe_deploy_room as select repeat(md5(n::text), 60) as filler from generate_series(1, 2000) n";

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _session;

    private ServerWitness(NpgsqlDataSource source, NpgsqlConnection session) => (_source, _session) = (source, session);

    public static async Task<ServerWitness> OpenAsync(NpgsqlConnectionStringBuilder database, CancellationToken cancellation)
    {
        var source = PostgresUrl.DataSource(database, "safe-deploy/restore");
        try
        {
            return new ServerWitness(source, await source.OpenConnectionAsync(cancellation));
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    /// <summary>The server's or the driver's words when this session is gone, or the database has no room; null when neither is so.</summary>
    public async Task<(bool IsFull, string Words)?> WhatHappenedAsync(CancellationToken cancellation)
    {
        try
        {
            await using var transaction = await _session.BeginTransactionAsync(cancellation);
            await using var take = new NpgsqlCommand(TakeRoom, _session);
            await take.ExecuteNonQueryAsync(cancellation);
            await transaction.RollbackAsync(cancellation);
            return null;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.DiskFull)
        {
            return (true, $"{refused.MessageText}   SQLSTATE {refused.SqlState}");
        }
        catch (NpgsqlException gone)
        {
            return (false, gone.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _source.DisposeAsync();
    }
}
