using System.Diagnostics;

namespace SafeDeploy.Tests.Harness;

/// <summary>The runner's own calls of Docker, beside the containers of steps.</summary>
internal static class DockerClient
{
    /// <returns>Its exit code and what it printed on both streams.</returns>
    public static async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        using var client = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = client.StandardError.ReadToEndAsync();
        var said = await client.StandardOutput.ReadToEndAsync();
        await client.WaitForExitAsync();
        return (client.ExitCode, (said + await error).Trim());
    }

    public static async Task<string> MustAsync(params string[] arguments)
    {
        var (code, said) = await RunAsync(arguments);
        return code == 0 ? said : throw new InvalidOperationException($"docker {string.Join(' ', arguments)} exited {code}: {said}");
    }
}
