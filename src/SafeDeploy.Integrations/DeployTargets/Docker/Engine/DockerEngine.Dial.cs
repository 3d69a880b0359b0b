using System.Globalization;
using System.Net;
using System.Text;

namespace SafeDeploy.Integrations.DeployTargets.Docker.Engine;

public sealed partial class DockerEngine
{
    private const int HeadLimit = 16 * 1024;

    // Either program is in every image that HAProxy is published in.
    private const string Relay = """
        command -v nc >/dev/null 2>&1 && exec nc "$0" "$1"
        exec bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 1; cat >&3 <&0 & cat <&3; kill "$!" 2>/dev/null' "$0" "$1"
        """;

    /// <summary>A connection from inside a container, carried by the engine: for addresses that only containers reach.</summary>
    public async Task<Stream> DialAsync(string container, IPEndPoint end, CancellationToken cancellation)
    {
        string[] command = ["sh", "-c", Relay, end.Address.ToString(), end.Port.ToString(CultureInfo.InvariantCulture)];
        using var made = await CallAsync(HttpMethod.Post, $"containers/{Escape(container)}/exec",
            Body(new CreateExec(true, true, false, command), EngineJson.Default.CreateExec), Quick, [], cancellation);
        var exec = (await ReadAsync(made, EngineJson.Default.CreatedExec, "POST /containers/exec", cancellation)).Id;
        var stream = await ConnectAsync(host, cancellation);
        try
        {
            const string start = """{"Detach":false,"Tty":false}""";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /v{version}/exec/{exec}/start HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: {start.Length}\r\n\r\n{start}"), cancellation);
            var status = await ReadHeadAsync(stream, cancellation);
            return status is 101 or 200
                ? new ExecStream(stream)
                : throw TargetProblems.EngineRefusedCall("POST /exec/start", status, "the connection through the container was not opened");
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads exactly to the empty line: the bytes after it belong to the connection that is carried.</summary>
    private static async Task<int> ReadHeadAsync(Stream stream, CancellationToken cancellation)
    {
        var head = new List<byte>(256);
        var one = new byte[1];
        while (head.Count < HeadLimit && !(head.Count >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n'))
        {
            if (await stream.ReadAsync(one, cancellation) == 0)
                break;
            head.Add(one[0]);
        }
        var words = Encoding.ASCII.GetString([.. head]).Split(' ');
        return words.Length > 1 && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : 0;
    }
}
