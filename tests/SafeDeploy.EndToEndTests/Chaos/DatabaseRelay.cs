using System.Net;
using System.Net.Sockets;

namespace SafeDeploy.EndToEndTests.Chaos;

/// <summary>A network of our own between the program and the database: it can fall silent, and it can break.</summary>
internal sealed class DatabaseRelay : IAsyncDisposable
{
    private readonly TcpListener _door = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private CancellationTokenSource _whole = new();
    private TaskCompletionSource _passable = Done();

    public DatabaseRelay()
    {
        _door.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The way to a database through this network.</summary>
    public string Url(string direct) =>
        new UriBuilder(direct) { Host = "127.0.0.1", Port = ((IPEndPoint)_door.LocalEndpoint).Port }.Uri.ToString();

    /// <summary>As when a cable is pulled: connections stand, new ones are taken, and nothing arrives.</summary>
    public void Silence() => Volatile.Write(ref _passable, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>As when a firewall resets: every connection ends, and so does every new one.</summary>
    public void Break() => _whole.Cancel();

    public void Heal()
    {
        if (_whole.IsCancellationRequested)
            _whole = new CancellationTokenSource();
        Volatile.Read(ref _passable).TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _whole.Cancel();
        _door.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
            _ = CarryAsync(await _door.AcceptTcpClientAsync(_stop.Token), _whole.Token);
    }

    private async Task CarryAsync(TcpClient client, CancellationToken whole)
    {
        using var server = new TcpClient();
        using (client)
        {
            client.LingerState = new LingerOption(true, 0);
            try
            {
                await server.ConnectAsync(TestServers.Postgres.Host, TestServers.Postgres.Port, whole);
                await Task.WhenAny(PassAsync(client, server, whole), PassAsync(server, client, whole)).Unwrap();
            }
            catch (Exception broken) when (broken is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // That is what it is for.
            }
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to, CancellationToken whole)
    {
        var bytes = new byte[16 * 1024];
        while (await from.GetStream().ReadAsync(bytes, whole) is > 0 and var count)
        {
            await Volatile.Read(ref _passable).Task.WaitAsync(whole);
            await to.GetStream().WriteAsync(bytes.AsMemory(0, count), whole);
        }
    }
}
