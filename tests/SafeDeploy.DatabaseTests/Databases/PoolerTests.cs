using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace SafeDeploy.DatabaseTests.Databases;

/// <summary>A real pooler between us and the server: session locks survive in one mode and not in the other.</summary>
public sealed class PoolerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("safe-deploy-pooler");
    private Process? _pooler;

    [Theory]
    [InlineData("transaction", 0, false)]
    [InlineData("transaction", 1, false)]
    [InlineData("session", 0, true)]
    public async Task A_pooler_in_transaction_mode_is_found_and_one_in_session_mode_is_not(string mode, int roundRobin, bool stable)
    {
        await using var subject = await Subject.CreateAsync();
        var settings = new NpgsqlConnectionStringBuilder(subject.Server.ConnectionString);
        var port = await StartAsync(settings, mode, roundRobin);
        settings.Port = port;
        settings.NoResetOnClose = true;
        await using var database = Subject.Open(settings.ConnectionString);
        for (var i = 0; i < 3; i++)
            Assert.Equal(stable, (await database.FactsAsync(default)).SessionsStable);
    }

    public void Dispose()
    {
        if (_pooler is { } pooler)
        {
            pooler.Kill(entireProcessTree: true);
            pooler.WaitForExit();
            pooler.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private async Task<int> StartAsync(NpgsqlConnectionStringBuilder server, string mode, int roundRobin)
    {
        var port = FreePort();
        var (users, config) = (Path.Combine(_folder.FullName, "users.txt"), Path.Combine(_folder.FullName, "pgbouncer.ini"));
        await File.WriteAllTextAsync(users, $"\"{server.Username}\" \"{server.Password}\"\n");
        await File.WriteAllTextAsync(config, $"""
            [databases]
            * = host={server.Host} port={server.Port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            auth_type = plain
            auth_file = {users}
            pool_mode = {mode}
            server_round_robin = {roundRobin}
            default_pool_size = 10
            ignore_startup_parameters = extra_float_digits
            unix_socket_dir =
            """);
        // The pooler refuses to run as root, as the server does.
        File.SetUnixFileMode(_folder.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        string[] command = Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--", "pgbouncer", "--quiet", config] : ["pgbouncer", "--quiet", config];
        _pooler = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        await Eventually.Async(() => AnswersAsync(port), TimeSpan.FromSeconds(15));
        return port;
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
