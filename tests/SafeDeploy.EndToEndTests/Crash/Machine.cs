using System.Collections.Immutable;
using System.Diagnostics;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>What only the machine's administrator may do: mounts, and the server's own program.</summary>
internal static class Machine
{
    public static Task MountAsync(string folder, string size) => AsRootAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder);

    /// <summary>A disk of this size: memory is no place for a backup, and is refused as one inside a container.</summary>
    /// <param name="image">The file that holds it, made anew.</param>
    public static async Task MountDiskAsync(string folder, string size, string image)
    {
        await RunAsync("truncate", ["-s", "0", image]);
        await RunAsync("truncate", ["-s", size, image]);
        await AsRootAsync("mke2fs", "-q", "-m", "0", "-O", "^resize_inode", "-E", $"root_owner={await IdAsync("-u")}:{await IdAsync("-g")}", image);
        await AsRootAsync("mount", "-o", "loop", image, folder);
        await RemoveAsync(Path.Combine(folder, "lost+found"));
    }

    /// <summary>A file <c>filler</c> that takes what is left.</summary>
    /// <param name="spare">Bytes that stay free.</param>
    public static async Task FillAsync(string folder, long spare = 0)
    {
        await using var filler = new FileStream(Path.Combine(folder, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in (int[])[1024 * 1024, 4096])
            try
            {
                while (true)
                    await filler.WriteAsync(new byte[size]);
            }
            catch (IOException)
            {
                // Full: how much fits cannot be computed, a disk keeps blocks for itself.
            }

        filler.SetLength(filler.Length - spare);
    }

    public static Task UnmountAsync(string folder) => AsRootAsync("umount", folder);

    /// <summary>The server of the tests, stopped as an administrator does it, and started again.</summary>
    public static async Task RestartPostgresAsync(string data)
    {
        var log = Path.Combine(Path.GetDirectoryName(data)!, "postgres.log");
        string[] restart = [Path.Combine(TestServers.PostgresBin, "pg_ctl"), "-D", data, "-m", "fast", "-w", "-t", "60", "-s", "-l", log, "restart"];
        await AsServerAsync(restart);
    }

    /// <summary>As the user that servers run as: they refuse to run as root.</summary>
    public static Task AsServerAsync(params string[] line) => Environment.UserName == "root"
        ? RunAsync("runuser", ["-u", "postgres", "--", .. line])
        : RunAsync(line[0], line[1..]);

    /// <summary>Gives a folder to the user that servers run as.</summary>
    public static Task GiveToServerAsync(string folder) =>
        AsRootAsync("chown", Environment.UserName == "root" ? "postgres" : Environment.UserName, folder);

    /// <summary>Removes what a server made.</summary>
    public static Task RemoveAsync(string folder) => AsRootAsync("rm", "-rf", "--", folder);

    /// <summary>From now on its owner, and nobody else, may use it.</summary>
    public static async Task KeepFromUsAsync(string path)
    {
        await AsRootAsync("chmod", "600", path);
        await AsRootAsync("chown", "nobody", path);
    }

    /// <summary>What a program is started through so that no right of the administrator opens a file to it.</summary>
    public static ImmutableArray<string> WithoutRights =>
        Environment.UserName == "root" ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];

    private static Task AsRootAsync(string program, params string[] arguments) => Environment.UserName == "root"
        ? RunAsync(program, arguments)
        : RunAsync("sudo", ["-n", program, .. arguments]);

    private static async Task<string> IdAsync(string which)
    {
        using var id = Process.Start(new ProcessStartInfo("id", [which]) { RedirectStandardOutput = true }) ?? throw new InvalidOperationException("id did not start");
        return (await id.StandardOutput.ReadToEndAsync()).Trim();
    }

    /// <summary>Fails when the program does.</summary>
    public static async Task RunAsync(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = "/" })
            ?? throw new InvalidOperationException($"{program} did not start");
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} exited {process.ExitCode}");
    }
}
