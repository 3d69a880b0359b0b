using System.Net.Sockets;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>A socket in front of the tests' Docker engine that can refuse and come back.</summary>
internal sealed class EngineProxy : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"sd-engine-{Guid.NewGuid():N}.sock");
    private Socket _door;
    private CancellationTokenSource _open = new();

    public EngineProxy() => _door = Listen();

    public string Host => $"unix://{_path}";

    /// <summary>Every connection breaks, no new one is taken.</summary>
    public void Refuse()
    {
        _open.Cancel();
        _door.Dispose();
        File.Delete(_path);
    }

    public void ComeBack()
    {
        _open.Dispose();
        _open = new CancellationTokenSource();
        _door = Listen();
    }

    public void Dispose()
    {
        Refuse();
        _open.Dispose();
    }

    private Socket Listen()
    {
        var door = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        door.Bind(new UnixDomainSocketEndPoint(_path));
        door.Listen();
        _ = AcceptAsync(door, _open.Token);
        return door;
    }

    private static async Task AcceptAsync(Socket door, CancellationToken open)
    {
        try
        {
            while (true)
                _ = CarryAsync(await door.AcceptAsync(open), open);
        }
        catch (Exception closed) when (closed is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // It refuses from now on.
        }
    }

    private static async Task CarryAsync(Socket client, CancellationToken open)
    {
        using var engine = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (client)
        {
            try
            {
                await engine.ConnectAsync(new UnixDomainSocketEndPoint(TestServers.Docker.AbsolutePath), open);
                await Task.WhenAll(PassAsync(client, engine, open), PassAsync(engine, client, open));
            }
            catch (Exception broken) when (broken is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Either side is gone.
            }
        }
    }

    private static async Task PassAsync(Socket from, Socket to, CancellationToken open)
    {
        var bytes = new byte[16 * 1024];
        while (await from.ReceiveAsync(bytes, open) is > 0 and var count)
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(bytes.AsMemory(sent, count - sent), open);
        to.Shutdown(SocketShutdown.Send);
    }
}
