using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>The front's control connection: a command line out, text back, closed.</summary>
/// <param name="connect">Opens a connection to the control port; where from is the target's business.</param>
public sealed class HaproxyRuntime(string front, Func<CancellationToken, Task<Stream>> connect, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public async Task<FrontMap> MapAsync(CancellationToken cancellation) =>
        FrontMap.Parse(front, await AskAsync($"show map {FrontMap.Path}", cancellation));

    /// <summary>Sets the map and reads it back: the front's own word that it is so.</summary>
    public async Task SetAsync(FrontMap map, CancellationToken cancellation)
    {
        var said = await AskAsync(map.Commands(), cancellation);
        if (await MapAsync(cancellation) != map)
            throw TargetProblems.FrontIsSilent(front, $"it did not take the change: {said.Trim()}");
    }

    /// <summary>How many instances of a slot accept connections, by the front's own checks, and how many requests are being answered.</summary>
    public async Task<(int Up, int Sessions)> SlotAsync(string slot, CancellationToken cancellation) =>
        CountUp(await AskAsync("show stat", cancellation), slot);

    /// <summary>Reads HAProxy's table: the columns are named in its first line and differ between versions.</summary>
    public static (int Up, int Sessions) CountUp(string table, string slot)
    {
        var lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var columns = lines.FirstOrDefault()?.TrimStart('#', ' ').Split(',').ToImmutableArray() ?? [];
        var (name, server, state, check, sessions) =
            (columns.IndexOf("pxname"), columns.IndexOf("svname"), columns.IndexOf("status"), columns.IndexOf("check_status"), columns.IndexOf("scur"));
        var rows = lines.Skip(1).Select(line => line.Split(',')).Where(row => row.Length > check && name >= 0 && check >= 0 && row[name] == slot).ToList();
        var up = rows.Count(row => row[server] != "BACKEND" && row[state].StartsWith("UP", StringComparison.Ordinal) && row[check].TrimStart('*', ' ') == "L4OK");
        var open = rows.Where(row => row[server] == "BACKEND").Sum(row => int.TryParse(row[sessions], out var n) ? n : 0);
        return (up, open);
    }

    private async Task<string> AskAsync(string line, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            await using var stream = await connect(both.Token);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\n"), both.Token);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return await reader.ReadToEndAsync(both.Token);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw TargetProblems.FrontIsSilent(front, $"no answer within {Limit.TotalSeconds:0} s", late);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            throw TargetProblems.FrontIsSilent(front, failure.Message, failure);
        }
    }
}
