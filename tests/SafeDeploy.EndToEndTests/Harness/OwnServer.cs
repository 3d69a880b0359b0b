using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using SafeDeploy.EndToEndTests.Crash;

namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>A small server of a test's own: what would disturb every other test happens here.</summary>
public sealed class OwnServer : IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("sd-own-").FullName;
    private readonly int _port = FreePort();
    private readonly int _connections;

    private readonly bool _hasClock;

    private OwnServer(int connections, bool hasClock = false) => (_connections, _hasClock) = (connections, hasClock);

    /// <summary>For a database that a test makes here; no password, it listens on loopback only.</summary>
    public Uri Address => new($"postgres://sd_admin@127.0.0.1:{_port.ToString(CultureInfo.InvariantCulture)}/postgres");

    /// <summary>The directory of its unix socket.</summary>
    public string Socket => _home;

    private string Clock => Path.Combine(_home, "clock");

    private string Data => Path.Combine(_home, "data");

    /// <param name="connections">How many sessions it takes at once.</param>
    /// <param name="hasClock">Its clock can be moved.</param>
    public static async Task<OwnServer> StartAsync(int connections = 20, bool hasClock = false)
    {
        var server = new OwnServer(connections, hasClock);
        // Containers reach the socket in it with a user of their own.
        File.SetUnixFileMode(server._home, File.GetUnixFileMode(server._home) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        await Machine.GiveToServerAsync(server._home);
        await Machine.AsServerAsync(
            Tool("initdb"), "-D", server.Data, "-U", "sd_admin", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1");
        if (hasClock)
            await server.MoveClockAsync("+0");
        await server.StartAgainAsync();
        return server;
    }

    /// <param name="by">From the machine's clock, as libfaketime writes it: <c>+3h</c>; read anew whenever the server asks for the time.</param>
    public Task MoveClockAsync(string by) => File.WriteAllTextAsync(Clock, by + "\n");

    /// <summary>A server that replays this one's changes.</summary>
    public async Task<OwnServer> StandbyAsync()
    {
        var standby = new OwnServer(_connections);
        await Machine.GiveToServerAsync(standby._home);
        await Machine.AsServerAsync(Tool("pg_basebackup"), "-d", Address.ToString(), "-D", standby.Data, "-R", "-X", "stream", "-c", "fast", "--no-sync");
        await standby.StartAgainAsync();
        return standby;
    }

    /// <param name="options">Settings of this start, as <c>name=value</c>.</param>
    /// <param name="wait">Until it takes sessions.</param>
    public async Task StartAgainAsync(string? options = null, bool wait = true)
    {
        string[] settings =
        [
            $"port={_port.ToString(CultureInfo.InvariantCulture)}", "listen_addresses=127.0.0.1", $"unix_socket_directories={_home}", $"max_connections={_connections.ToString(CultureInfo.InvariantCulture)}",
            "max_wal_senders=3", "shared_buffers=16MB", "fsync=off", "log_min_messages=warning", .. options is null ? (string[])[] : [options],
        ];
        await Machine.AsServerAsync(
            [.. _hasClock ? Clockwork() : [], Tool("pg_ctl"), "-D", Data, wait ? "-w" : "-W", "-t", "60", "-s", "-l", Path.Combine(_home, "log"), "-o", string.Join(' ', settings.Select(s => $"-c {s}")), "start"]);
    }

    private string[] Clockwork()
    {
        var library = Directory.GetDirectories("/usr/lib", "faketime", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Select(d => Path.Combine(d, "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("libfaketime is not installed: run ./build up first");
        return ["env", $"LD_PRELOAD={library}", $"FAKETIME_TIMESTAMP_FILE={Clock}", "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"];
    }

    /// <param name="mode"><c>smart</c> waits for the sessions that are open, <c>fast</c> ends them.</param>
    public Task StopAsync(string mode = "fast", bool wait = true) =>
        Machine.AsServerAsync(Tool("pg_ctl"), "-D", Data, "-m", mode, wait ? "-w" : "-W", "-t", "60", "-s", "stop");

    /// <summary>Waits for a stop that was asked for before.</summary>
    public Task UntilGoneAsync() => Eventually.Async(
        () => Task.FromResult(!File.Exists(Path.Combine(Data, "postmaster.pid"))), TimeSpan.FromSeconds(60), what: "the server is gone");

    /// <summary>Waits until a new session is refused with this SQLSTATE.</summary>
    public Task UntilRefusesAsync(string state) => Eventually.Async(
        async () =>
        {
            try
            {
                await using var session = await OpenAsync();
                return false;
            }
            catch (PostgresException refused)
            {
                return refused.SqlState == state;
            }
            catch (NpgsqlException)
            {
                // It does not listen yet, or the connection broke while it changed its mind.
                return false;
            }
        },
        TimeSpan.FromSeconds(60), what: $"the server refuses with {state}");

    /// <summary>A session in the database <c>postgres</c>.</summary>
    public async Task<NpgsqlConnection> OpenAsync()
    {
        var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = Address.Host,
            Port = Address.Port,
            Username = "sd_admin",
            Database = "postgres",
            Pooling = false,
        }.ConnectionString);
        await session.OpenAsync();
        return session;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var session = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
            await StopAsync("immediate");
        await Machine.RemoveAsync(_home);
    }

    private static string Tool(string name) => Path.Combine(TestServers.PostgresBin, name);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
