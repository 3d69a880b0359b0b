using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SafeDeploy.Tests;

/// <summary>The sample's backend as a plain process on loopback.</summary>
public sealed class SampleBackend : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _client;

    private SampleBackend(Process process, Uri address)
    {
        _process = process;
        _client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(5) };
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>The program as it was built beside this test.</summary>
    public static string Program => BuiltBeside("Backend");

    /// <summary>The output of another project of the solution, in the configuration of this test.</summary>
    internal static string BuiltBeside(string project) => Path.Combine(
        TestServers.RepositoryRoot, "artifacts", "bin", project,
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), project + ".dll");

    public static SampleBackend Start(SampleDatabase database, string version, string behaviour = "good", double drain = 0.5, params string[] arguments)
    {
        var port = FreePort();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Program);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["APP_VERSION"] = version;
        start.Environment["BEHAVIOUR"] = behaviour;
        start.Environment["BIND"] = "127.0.0.1";
        start.Environment["PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["DRAIN"] = drain.ToString(CultureInfo.InvariantCulture);
        start.Environment["DATABASE_URL"] = database.ApplicationUrl;
        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return new SampleBackend(process, new Uri($"http://127.0.0.1:{port}"));
    }

    /// <summary>Waits until it answers at all.</summary>
    public async Task<SampleBackend> AnsweringAsync()
    {
        await Eventually.Async(async () => (await AskAsync("/health/liveness")).Status > 0, TimeSpan.FromSeconds(20));
        return this;
    }

    /// <returns>Status 0 where nothing came back.</returns>
    public async Task<(int Status, string Body, string Version)> AskAsync(string path, string method = "GET", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        try
        {
            using var answer = await _client.SendAsync(request);
            var version = answer.Headers.TryGetValues("X-App-Version", out var values) ? values.Single() : "";
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), version);
        }
        catch (HttpRequestException failure)
        {
            return (0, failure.Message, "");
        }
        catch (TaskCanceledException)
        {
            return (0, "timed out", "");
        }
    }

    /// <summary>SIGTERM, as a container's stop sends it; does not wait.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async Task<int> ExitCodeAsync(TimeSpan within)
    {
        await Eventually.Async(() => _process.HasExited, within);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
