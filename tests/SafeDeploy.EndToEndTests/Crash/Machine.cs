using System.Diagnostics;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>What only the machine's administrator may do: mounts, and the server's own program.</summary>
internal static class Machine
{
    public static Task MountAsync(string folder, string size) => AsRootAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder);

    public static Task ResizeAsync(string folder, string size) => AsRootAsync("mount", "-o", $"remount,size={size}", folder);

    public static Task UnmountAsync(string folder) => AsRootAsync("umount", folder);

    /// <summary>The server of the tests, stopped as an administrator does it, and started again.</summary>
    public static async Task RestartPostgresAsync(string data)
    {
        var log = Path.Combine(Path.GetDirectoryName(data)!, "postgres.log");
        string[] restart = [Path.Combine(TestServers.PostgresBin, "pg_ctl"), "-D", data, "-m", "fast", "-w", "-t", "60", "-s", "-l", log, "restart"];
        if (Environment.UserName == "root")
            await RunAsync("runuser", ["-u", "postgres", "--", .. restart]);
        else
            await RunAsync(restart[0], restart[1..]);
    }

    private static Task AsRootAsync(string program, params string[] arguments) => Environment.UserName == "root"
        ? RunAsync(program, arguments)
        : RunAsync("sudo", ["-n", program, .. arguments]);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = "/" })
            ?? throw new InvalidOperationException($"{program} did not start");
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} exited {process.ExitCode}");
    }
}
