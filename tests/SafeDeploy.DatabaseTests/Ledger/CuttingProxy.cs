using System.Net;
using System.Net.Sockets;

namespace SafeDeploy.DatabaseTests.Ledger;

public enum Cut
{
    None,

    /// <summary>The next request never reaches the server.</summary>
    Request,

    /// <summary>The next request is done by the server, and its answer never arrives.</summary>
    Answer,
}

/// <summary>Stands between client and server and breaks a connection at a chosen moment.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _server;
    private readonly Task _accepting;
    private int _cut;

    public CuttingProxy(Uri server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new UriBuilder(_server) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;

    /// <summary>Once; whichever connection speaks next.</summary>
    public void CutNext(Cut cut) => Volatile.Write(ref _cut, (int)cut);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            await server.ConnectAsync(_server.Host, _server.Port, _stop.Token);
            var there = PassAsync(client.GetStream(), server.GetStream(), Cut.Request);
            var back = PassAsync(server.GetStream(), client.GetStream(), Cut.Answer);
            await Task.WhenAny(there, back).Unwrap().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, Cut here)
    {
        var bytes = new byte[16384];
        while (await from.ReadAsync(bytes, _stop.Token) is > 0 and var count)
        {
            if (Interlocked.CompareExchange(ref _cut, (int)Cut.None, (int)here) == (int)here)
                return;
            await to.WriteAsync(bytes.AsMemory(0, count), _stop.Token);
        }
    }
}
