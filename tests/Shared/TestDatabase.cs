using Npgsql;

namespace SafeDeploy.Tests;

/// <summary>A database of its own for one test, gone with everything that still holds it when the test ends.</summary>
/// <example><c>await using var database = await TestDatabase.CreateAsync();</c></example>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly string name;
    private readonly Uri server;

    private TestDatabase(string name, Uri server) => (this.name, this.server) = (name, server);

    /// <summary>For Npgsql: <c>Host=…;Port=…</c>. Not pooled, so that the database can be dropped and sessions can be counted.</summary>
    public string ConnectionString => ConnectionStringOf(server, name);

    /// <summary>For <c>safe-deploy.yml</c> and libpq: <c>postgres://…</c>.</summary>
    public string Url => UrlOf(server);

    /// <summary>The same, as a container on a bridge network reaches it.</summary>
    public string UrlFromContainers => UrlOf(TestServers.PostgresFromContainers);

    public string Name => name;

    /// <summary>Host and port of its server.</summary>
    public string Server => server.Authority;

    public static Task<TestDatabase> CreateAsync(CancellationToken cancellation = default) => CreateAsync(TestServers.Postgres, "", cancellation);

    /// <summary>On a server of the test's own.</summary>
    /// <param name="options">What else <c>create database</c> is told, e.g. <c>tablespace small</c>.</param>
    public static Task<TestDatabase> CreateAsync(Uri server, string options, CancellationToken cancellation = default) =>
        MadeFromAsync(server, $"template template0 {options}", cancellation);

    /// <summary>Nobody may connect to it any more: it can be copied by several at once.</summary>
    public async Task SealAsync()
    {
        await OnServerAsync(server, $"alter database {name} with allow_connections false", CancellationToken.None);
        await OnServerAsync(server, $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'", CancellationToken.None);
    }

    /// <summary>A copy of a sealed one.</summary>
    public Task<TestDatabase> CopyOfSealedAsync() => MadeFromAsync(server, $"template {name}", CancellationToken.None);

    private static async Task<TestDatabase> MadeFromAsync(Uri server, string from, CancellationToken cancellation)
    {
        var name = $"sd_test_{Guid.NewGuid():N}";
        await OnServerAsync(server, $"create database {name} {from}", cancellation);
        return new TestDatabase(name, server);
    }

    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation = default)
    {
        var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellation);
        return connection;
    }

    public async Task ExecuteAsync(string sql, CancellationToken cancellation = default)
    {
        await using var connection = await OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The first column of the first row; null where there is no row or a null in it.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellation = default)
    {
        await using var connection = await OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellation) is T value ? value : default;
    }

    public async ValueTask DisposeAsync() => await OnServerAsync(server, $"drop database if exists {name} with (force)", CancellationToken.None);

    private string UrlOf(Uri server) => new UriBuilder(server) { Path = name }.Uri.ToString();

    private static string ConnectionStringOf(Uri server, string database)
    {
        var login = server.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = server.Host,
            Port = server.Port,
            Username = Uri.UnescapeDataString(login[0]),
            Password = login.Length == 2 ? Uri.UnescapeDataString(login[1]) : null,
            Database = database,
            Pooling = false,
        }.ConnectionString;
    }

    private static async Task OnServerAsync(Uri server, string sql, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(ConnectionStringOf(server, "postgres"));
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
