using SafeDeploy.Integrations.DeployTargets.Docker.Engine;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>The container of a step that was cancelled: the runner ends its client, and the container may work on.</summary>
/// <param name="machine">Name of this machine; inside a container its own id.</param>
public sealed class FormerContainer(Uri engine, string machine, TimeProvider time)
{
    private const int ShortId = 12;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>The socket that CI runners mount into an action's container.</summary>
    public static readonly Uri LocalEngine = new("unix:///var/run/docker.sock");

    /// <summary>Null when the former process was no container of this engine, or is gone.</summary>
    public async Task<string?> StopAsync(RunIdentity former, CancellationToken cancellation)
    {
        if (!IsContainer(former.Host) || former.Host == machine || !File.Exists(engine.AbsolutePath))
            return null;
        using var docker = new DockerEngine(engine, time);
        if (await docker.FindContainerAsync(former.Host, cancellation) is not { State.Running: true })
            return null;
        await docker.StopAsync(former.Host, Grace, cancellation);
        return $"stopped container {former.Host}: it was the step that was cut off";
    }

    /// <summary>A container's host name is the beginning of its id, unless somebody names it.</summary>
    private static bool IsContainer(string host) => host.Length == ShortId && host.All(char.IsAsciiHexDigitLower);
}
