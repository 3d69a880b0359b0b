using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace SafeDeploy.Tests.Docker;

/// <summary>Says on a unix socket what a real engine can not be made to say. Requests are kept as they came.</summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("safe-deploy-engine-").FullName;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource end = new();
    private readonly Func<string, string?> answer;
    private readonly Task accepting;

    /// <param name="answer">Request line → status line and body, separated by a line break; null = never answers.</param>
    public FakeEngine(Func<string, string?> answer, string api = "1.41")
    {
        this.answer = line => line.Contains("/_ping", StringComparison.Ordinal) ? "200 OK\nOK" : answer(line);
        Api = api;
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "engine.sock")));
        listener.Listen();
        accepting = AcceptAsync();
    }

    public string Api { get; }

    public Uri Host => new($"unix://{Path.Combine(folder, "engine.sock")}");

    public ConcurrentQueue<string> Requests { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await accepting;
        listener.Dispose();
        end.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
                serving.Add(ServeAsync(await listener.AcceptAsync(end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
            try
            {
                var buffer = new byte[64 * 1024];
                var read = 0;
                while (!Encoding.ASCII.GetString(buffer, 0, read).Contains("\r\n\r\n", StringComparison.Ordinal))
                    if (await socket.ReceiveAsync(buffer.AsMemory(read), end.Token) is var got and > 0)
                        read += got;
                    else
                        return;
                var request = Encoding.ASCII.GetString(buffer, 0, read);
                Requests.Enqueue(request);
                if (answer(request.Split("\r\n")[0]) is not { } said)
                    await Task.Delay(Timeout.Infinite, end.Token);
                else
                    await socket.SendAsync(Encoding.UTF8.GetBytes(
                        $"HTTP/1.1 {said.Split('\n', 2)[0]}\r\nApi-Version: {Api}\r\nConnection: close\r\n\r\n{said.Split('\n', 2)[1]}"), end.Token);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The test is over.
            }
    }
}
