using System.Diagnostics;

namespace SafeDeploy.Tests;

/// <summary>A label of its own for one test. What carries it is removed when the test ends; nothing else is touched.</summary>
/// <remarks>The engine may be shared: nothing here prunes, and no name is guessed.</remarks>
public sealed class ContainerLabel : IAsyncDisposable
{
    public const string Key = "safe-deploy.test-run";

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    public string Value { get; } = Guid.NewGuid().ToString("N");

    /// <summary><c>key=value</c>, for <c>--label</c> and for filters.</summary>
    public override string ToString() => $"{Key}={Value}";

    public async ValueTask DisposeAsync()
    {
        await RemoveAsync(["ps", "--all", "--quiet", "--no-trunc"], ["rm", "--force", "--volumes"]);
        await RemoveAsync(["network", "ls", "--quiet", "--no-trunc"], ["network", "rm"]);
        await RemoveAsync(["volume", "ls", "--quiet"], ["volume", "rm", "--force"]);
        await RemoveAsync(["image", "ls", "--quiet", "--no-trunc"], ["image", "rm", "--force"]);
    }

    private async Task RemoveAsync(string[] list, string[] remove)
    {
        var found = await DockerAsync([.. list, "--filter", $"label={this}"]);
        var ids = found.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().ToArray();
        if (ids.Length > 0)
            await DockerAsync([.. remove, .. ids]);
    }

    /// <summary>Runs the docker client against the engine of the tests; its standard output. Fails with what it printed otherwise.</summary>
    /// <exception cref="TimeoutException">The client waits for ever where an engine answers no more; a test must not.</exception>
    public static async Task<string> DockerAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("docker") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("--host");
        start.ArgumentList.Add(TestServers.Docker.ToString());
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("docker did not start");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Longest);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill();
            throw new TimeoutException($"docker {string.Join(' ', arguments)} did not end within {Longest.TotalSeconds} s", late);
        }

        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"docker {string.Join(' ', arguments)} exited {process.ExitCode}: {await error}");
    }
}
