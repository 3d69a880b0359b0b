using System.Net;
using System.Net.Sockets;
using System.Text;
using SafeDeploy.Integrations.HealthGates.Http;
using SafeDeploy.Ports;

namespace SafeDeploy.DatabaseTests.HealthGates;

/// <summary>The front door at an address, asked of a real listener.</summary>
public sealed class UrlFrontTests
{
    /// <summary>Answers each connection with these bytes; with none it never answers.</summary>
    private static async Task<HttpAnswer> AskAsync(string? answer, string path = "/x?a=1", string address = "http://127.0.0.1:{0}/base/")
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var stop = new CancellationTokenSource();
        var serving = ServeAsync(listener, answer, stop.Token);
        using var front = new UrlFront(new Uri(string.Format(System.Globalization.CultureInfo.InvariantCulture, address, port)), TimeProvider.System);
        var got = await front.AskAsync(HttpQuestion.Get(path, TimeSpan.FromSeconds(1)), default);
        await stop.CancelAsync();
        await serving;
        return got;
    }

    private static async Task ServeAsync(TcpListener listener, string? answer, CancellationToken stop)
    {
        try
        {
            using var client = await listener.AcceptTcpClientAsync(stop);
            var buffer = new byte[4096];
            var stream = client.GetStream();
            var length = await stream.ReadAsync(buffer, stop);
            if (answer is not null)
                await stream.WriteAsync(Encoding.UTF8.GetBytes(answer.Replace("{request}", Encoding.UTF8.GetString(buffer, 0, length).Split('\r')[0], StringComparison.Ordinal)), stop);
            else
                await Task.Delay(Timeout.Infinite, stop);
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    [Fact]
    public async Task An_answer_comes_with_status_headers_and_body()
    {
        var answer = await AskAsync("HTTP/1.1 503 Busy\r\nX-App-Version: v2\r\nConnection: close\r\n\r\n{request}");
        Assert.Equal((503, "v2", "GET /base/x?a=1 HTTP/1.1"), (answer.Status, answer.Headers["x-app-version"], answer.Body));
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_not_followed() =>
        Assert.Equal(302, (await AskAsync("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")).Status);

    [Fact]
    public async Task Silence_refusal_and_nonsense_have_no_status_and_say_why()
    {
        var silent = await AskAsync(null);
        Assert.Equal((0, "no answer within 1 s"), (silent.Status, silent.Error));
        Assert.Equal(0, (await AskAsync("this is not HTTP\r\n\r\n")).Status);
        Assert.Equal(0, (await AskAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\ncut")).Status);
        Assert.NotEmpty((await AskAsync("", address: "http://127.0.0.1:1/")).Error);
    }
}
