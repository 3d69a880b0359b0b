using System.Net;
using System.Net.Sockets;

namespace SafeDeploy.DatabaseTests.Docker;

/// <summary>The engine of the tests at a tcp address, as a CI service container offers it: whether it is on this machine can not be told.</summary>
public sealed class EngineElsewhere : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();

    public EngineElsewhere(Uri engine)
    {
        listener.Start();
        _ = AcceptAsync(engine.AbsolutePath);
    }

    public Uri Host => new($"tcp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    public void Dispose()
    {
        end.Cancel();
        listener.Dispose();
        end.Dispose();
    }

    private async Task AcceptAsync(string socket)
    {
        try
        {
            while (true)
                _ = CarryAsync(await listener.AcceptTcpClientAsync(end.Token), socket);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(TcpClient client, string path)
    {
        using var engine = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (client)
            try
            {
                await engine.ConnectAsync(new UnixDomainSocketEndPoint(path), end.Token);
                await using var there = new NetworkStream(engine);
                await using var here = client.GetStream();
                await Task.WhenAny(here.CopyToAsync(there, end.Token), there.CopyToAsync(here, end.Token));
            }
            catch (Exception failure) when (failure is OperationCanceledException or IOException or SocketException)
            {
                // One side closed, or the test is over.
            }
    }
}
