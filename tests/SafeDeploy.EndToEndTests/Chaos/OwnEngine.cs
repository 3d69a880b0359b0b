using System.Diagnostics;
using System.Globalization;
using SafeDeploy.EndToEndTests.Crash;

namespace SafeDeploy.EndToEndTests.Chaos;

/// <summary>A Docker engine of a test's own: everybody's is never restarted.</summary>
internal sealed class OwnEngine : IAsyncDisposable
{
    private const string Addresses = "10.231.0.0/16";

    // Everybody's engine forbids what it does not know to pass between containers.
    private static readonly string[] Passage = ["FORWARD", "-s", Addresses, "-d", Addresses, "-j", "ACCEPT"];

    private const string BridgeAddress = "10.231.255.1/24";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _home = Directory.CreateTempSubdirectory("sd-engine-").FullName;
    private Process? _engine;

    // An engine removes docker0, which is everybody's, where it has no bridge of its own; and also where it has, when it starts again with
    // address pools and without live restore (moby, initBridgeDriver). So it starts with live restore, and gives that up once it answers.
    private string Bridge => $"sd{_home[^6..]}";

    private string Settings => $"{_home}/daemon.json";

    public string Host => $"unix://{_home}/docker.sock";

    /// <summary>An engine of one's own takes the machine's administrator.</summary>
    public static bool IsPossible => Environment.UserName == "root" && File.Exists("/usr/sbin/dockerd");

    /// <param name="images">Copied from everybody's engine.</param>
    public static async Task<OwnEngine> StartAsync(params string[] images)
    {
        var engine = new OwnEngine();
        try
        {
            await Machine.RunAsync("iptables", ["-I", .. Passage]);
            await Machine.RunAsync("ip", ["link", "add", engine.Bridge, "type", "bridge"]);
            await Machine.RunAsync("ip", ["addr", "add", BridgeAddress, "dev", engine.Bridge]);
            await Machine.RunAsync("ip", ["link", "set", engine.Bridge, "up"]);
            await engine.StartAgainAsync();
            var file = Path.Combine(engine._home, "images.tar");
            await ContainerLabel.DockerAsync(["save", "--output", file, .. images]);
            await engine.DockerAsync("load", "--quiet", "--input", file);
            File.Delete(file);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>As an administrator does it: containers are stopped, and those that should run come back with it.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAgainAsync();
    }

    public Task<string> DockerAsync(params string[] arguments) => ClientAsync(["--host", Host, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        if (_engine is { HasExited: false } && (await DockerAsync("ps", "-aq")).Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } containers)
            await DockerAsync(["rm", "-fv", .. containers]);
        await StopAsync();
        await Machine.RunAsync("iptables", ["-D", .. Passage]);
        await Machine.RunAsync("ip", ["link", "delete", Bridge]);
        foreach (var mount in (await File.ReadAllLinesAsync("/proc/self/mounts")).Select(l => l.Split(' ')[1]).Where(m => m.StartsWith(_home + "/", StringComparison.Ordinal)).Reverse())
            await Machine.UnmountAsync(mount);
        await Machine.RemoveAsync(_home);
    }

    private async Task StartAgainAsync()
    {
        // No rules of a firewall: they belong to everybody's engine. Its networks have addresses of their own.
        await KeepsContainersAsync(true);
        var start = new ProcessStartInfo("/bin/sh",
        [
            "-c", "exec dockerd \"$@\" >>\"$0\" 2>&1", Path.Combine(_home, "log"), "--config-file", Settings, "--host", Host, "--data-root", $"{_home}/data", "--exec-root", $"{_home}/exec",
            "--pidfile", $"{_home}/pid", $"--bridge={Bridge}", "--iptables=false", "--ip6tables=false", "--default-address-pool", $"base={Addresses},size=24",
        ]);
        _engine = Process.Start(start) ?? throw new InvalidOperationException("dockerd did not start");
        await Eventually.Async(() => SaysAsync("true"), Patience, what: $"the engine answers ({_home}/log)");
        await KeepsContainersAsync(false);
        await SignalAsync("HUP");
        await Eventually.Async(() => SaysAsync("false"), Patience, what: $"the engine has read its settings again ({_home}/log)");
    }

    /// <summary>Whether containers outlive the engine; read when it starts, and when it is told to.</summary>
    private Task KeepsContainersAsync(bool keeps) => File.WriteAllTextAsync(Settings, $$"""{ "live-restore": {{(keeps ? "true" : "false")}} }""");

    private async Task StopAsync()
    {
        if (_engine is not { HasExited: false } engine)
            return;
        await SignalAsync("TERM");
        await engine.WaitForExitAsync().WaitAsync(Patience);
        engine.Dispose();
        _engine = null;
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _engine!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <param name="keeps">What it says of containers that outlive it.</param>
    private async Task<bool> SaysAsync(string keeps)
    {
        Assert.False(_engine!.HasExited, $"dockerd ended: {await File.ReadAllTextAsync(Path.Combine(_home, "log"))}");
        using var info = Process.Start(new ProcessStartInfo("docker", ["--host", Host, "info", "--format", "{{.LiveRestoreEnabled}}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, _) = (info.StandardOutput.ReadToEndAsync(), info.StandardError.ReadToEndAsync());
        await info.WaitForExitAsync();
        return info.ExitCode == 0 && (await said).Trim() == keeps;
    }

    private static async Task<string> ClientAsync(string[] arguments)
    {
        using var client = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (client.StandardOutput.ReadToEndAsync(), client.StandardError.ReadToEndAsync());
        await client.WaitForExitAsync();
        return client.ExitCode == 0 ? await output : throw new InvalidOperationException($"docker {string.Join(' ', arguments)}: {await error}");
    }
}
