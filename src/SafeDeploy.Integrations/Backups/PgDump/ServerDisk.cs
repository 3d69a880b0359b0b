using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Where a server keeps its data: known only when that is this machine and the user may ask for the place.</summary>
internal static class ServerDisk
{
    // A database may be in a tablespace of its own (functions-info, pg_tablespace_location); it is empty for the two that are in the data directory.
    private const string Folder = """
        select coalesce(nullif(pg_tablespace_location(d.dattablespace), ''), current_setting('data_directory')) from pg_database d where d.datname = current_database()
        """;

    public static async Task<long?> FreeBytesAsync(NpgsqlConnectionStringBuilder server, CancellationToken cancellation) =>
        await FolderAsync(server, cancellation) is { } folder ? new DriveInfo(folder).AvailableFreeSpace : null;

    /// <summary>The folder of this database's data, or null when it is not known to be here.</summary>
    public static async Task<string?> FolderAsync(NpgsqlConnectionStringBuilder server, CancellationToken cancellation)
    {
        if (server.Host is not ("localhost" or "127.0.0.1" or "::1") && server.Host?.StartsWith('/') != true)
            return null;
        try
        {
            await using var source = PostgresUrl.DataSource(server, "safe-deploy/preflight");
            await using var connection = await source.OpenConnectionAsync(cancellation);
            await using var command = new NpgsqlCommand(Folder, connection);
            return await command.ExecuteScalarAsync(cancellation) is string folder && Directory.Exists(folder) ? folder : null;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // Only some roles may see the place: unknown is not "too little".
            return null;
        }
    }
}
