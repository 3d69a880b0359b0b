using System.Globalization;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Machines;

/// <summary>What <c>/proc</c> and the control group tell (proc manual, section 5; cgroup-v2, "Memory Interface Files").</summary>
/// <param name="processors">That this process may use.</param>
/// <param name="root">Where the system's files begin; <c>/</c> but in tests.</param>
public sealed class LinuxMachine(int processors, string root = "/") : IMachine
{
    public MachineFacts? Read()
    {
        if (Text("proc/loadavg") is not { } load || Load(load) is not { } tasks || Text("proc/meminfo") is not { } memory || Number(memory, "MemAvailable:") is not { } kilobytes)
            return null;
        var free = kilobytes * 1024;
        // In a container /proc is the machine's: the limit is told beside it.
        if (Text("sys/fs/cgroup/memory.max") is { } max && long.TryParse(max, CultureInfo.InvariantCulture, out var limit)
            && long.TryParse(Text("sys/fs/cgroup/memory.current"), CultureInfo.InvariantCulture, out var used))
            free = Math.Min(free, Math.Max(0, limit - used + Reclaimable(Text("sys/fs/cgroup/memory.stat") ?? "")));
        return new MachineFacts(processors, tasks, free);
    }

    private static double? Load(string text) =>
        double.TryParse(text.Split(' ')[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var tasks) ? tasks : null;

    /// <summary>File pages that were not touched lately are given up before anything else.</summary>
    private static long Reclaimable(string stat) => Number(stat, "inactive_file") ?? 0;

    /// <summary>The number behind a name at the beginning of a line; null when there is none.</summary>
    private static long? Number(string text, string name)
    {
        foreach (var line in text.Split('\n'))
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var first, var number, ..] && first == name)
                return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
        return null;
    }

    private string? Text(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, path)).Trim();
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
