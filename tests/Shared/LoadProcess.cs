using System.Diagnostics;
using System.Text.Json;

namespace SafeDeploy.Tests;

/// <summary>Load from a second process (tests/LoadGenerator). It ends with this test even when the test is killed: it watches its standard input.</summary>
public sealed class LoadProcess : IAsyncDisposable
{
    private readonly Process _process;

    private LoadProcess(Process process) => _process = process;

    /// <param name="arguments">See <c>dotnet LoadGenerator.dll --help</c>.</param>
    public static LoadProcess Start(Uri url, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(SampleBackend.BuiltBeside("LoadGenerator"));
        foreach (var argument in (string[])["--url", url.ToString(), "--until-stdin-closes", .. arguments])
            start.ArgumentList.Add(argument);
        return new LoadProcess(Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start"));
    }

    /// <summary>Tells it to stop (it goes on until <c>--at-least</c> were sent) and reads its report.</summary>
    public async Task<LoadResult> StopAsync(CancellationToken cancellation = default)
    {
        _process.StandardInput.Close();
        return await EndAsync(cancellation);
    }

    /// <summary>Waits until <c>--at-most</c> were sent.</summary>
    public async Task<LoadResult> EndAsync(CancellationToken cancellation = default)
    {
        var line = await _process.StandardOutput.ReadToEndAsync(cancellation);
        await _process.WaitForExitAsync(cancellation);
        using var json = JsonDocument.Parse(line);
        return new LoadResult(
            json.RootElement.GetProperty("sent").GetInt32(), json.RootElement.GetProperty("failed").GetInt32(),
            Counts(json.RootElement.GetProperty("reasons")), Counts(json.RootElement.GetProperty("versions")),
            json.RootElement.GetProperty("maxMs").GetDouble(), line.Trim());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Dictionary<string, int> Counts(JsonElement counts) =>
        counts.EnumerateObject().ToDictionary(count => count.Name, count => count.Value.GetInt32(), StringComparer.Ordinal);
}

/// <param name="Line">The whole report, for the message of a failed test.</param>
public sealed record LoadResult(
    int Sent, int Failed, IReadOnlyDictionary<string, int> Reasons, IReadOnlyDictionary<string, int> Versions, double MaxMs, string Line);
