using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SafeDeploy.DatabaseTests.Samples;

/// <summary>The load counts what it loses: a generator that retries would prove nothing.</summary>
public sealed class LoadGeneratorTests
{
    [Theory]
    [InlineData("")]
    [InlineData("--no-keep-alive")]
    public async Task What_a_backend_that_stops_did_not_answer_it_did_not_sell(string connection)
    {
        await using var sample = await SampleReleasesTests.AtAsync("v1", tenants: 1);
        await using var backend = await SampleBackend.Start(sample, "v1", drain: 1).AnsweringAsync();
        await using var load = LoadProcess.Start(new(backend.Address, "/sales"), [.. Options, .. connection is "" ? Array.Empty<string>() : [connection]]);
        await Eventually.Async(async () => await sample.Database.ScalarAsync<long>("select count(*) from tenant_001.sale") > 400, TimeSpan.FromSeconds(20));
        await backend.TerminateAsync();
        Assert.Equal(0, await backend.ExitCodeAsync(TimeSpan.FromSeconds(10)));
        var result = await load.StopAsync();
        // Without a front before it, the connections that wait in the listening socket's queue are lost with it.
        Assert.True(result.Reasons.Keys.All(reason => reason is "refused" or "reset" or "closed before an answer"), result.Line);
        Assert.Equal(result.Sent - result.Failed, (int)await sample.Database.ScalarAsync<long>("select count(*) from tenant_001.sale") - 300);
        Assert.Equal(result.Sent - result.Failed, result.Versions["v1"]);
    }

    [Fact]
    public async Task A_request_whose_connection_is_closed_without_an_answer_is_sent_once_and_counted()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var received = 0;
        var serving = Task.Run(async () =>
        {
            // Answers the first request of each connection, closes on the second.
            while (true)
            {
                using var client = await server.AcceptTcpClientAsync();
                var stream = client.GetStream();
                received += await ReadAsync(stream);
                await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 201 Created\r\nX-App-Version: v1\r\nContent-Length: 2\r\n\r\nok"));
                received += await ReadAsync(stream);
            }
        });
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        await using var load = LoadProcess.Start(new($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/"), "--connections", "1", "--rate", "1000", "--at-most", "10");
        var result = await load.EndAsync();
        server.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => serving);
        Assert.Equal((10, 5, 10), (result.Sent, result.Failed, received));
        Assert.Equal(5, result.Versions["v1"]);
        Assert.Equal(5, result.Reasons.Where(reason => reason.Key is "closed before an answer" or "reset").Sum(reason => reason.Value));
    }

    private static readonly string[] Options = ["--connections", "8", "--rate", "200"];

    private static async Task<int> ReadAsync(NetworkStream stream)
    {
        var buffer = new byte[4096];
        return await stream.ReadAsync(buffer) > 0 ? 1 : 0;
    }
}
