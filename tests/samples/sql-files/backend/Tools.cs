using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace PointOfSale;

/// <summary>
/// What the demo needs on a machine that has neither psql nor socat: <c>sql FILE…</c> runs files on DATABASE_URL,
/// <c>send SOCKET</c> hands standard input to a unix socket and prints the answer.
/// </summary>
internal static class Tools
{
    public static async Task<int> RunSqlAsync(string database, IEnumerable<string> files)
    {
        await using var source = DatabaseUrl.Open(database, "sample seed");
        foreach (var file in files)
        {
            var text = file is "-" ? await Console.In.ReadToEndAsync() : await File.ReadAllTextAsync(file);
            await using var command = source.CreateCommand(text);
            command.CommandTimeout = 0;
            try
            {
                await command.ExecuteNonQueryAsync();
            }
            catch (PostgresException failure)
            {
                await Console.Error.WriteLineAsync($"{file}: {failure.SqlState} {failure.MessageText}");
                return 1;
            }
        }

        return 0;
    }

    public static async Task<int> SendAsync(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException failure)
        {
            await Console.Error.WriteLineAsync($"{path}: {failure.SocketErrorCode}");
            return 1;
        }

        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(await Console.In.ReadToEndAsync()));
        socket.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream);
        await Console.Out.WriteAsync(await reader.ReadToEndAsync());
        return 0;
    }
}
