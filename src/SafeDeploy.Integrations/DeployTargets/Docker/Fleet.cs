using System.Collections.Immutable;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>The containers of one service in one environment, found by their labels.</summary>
public sealed class Fleet(DockerEngine engine, string service, string environment)
{
    public const string Always = "unless-stopped";
    public const string Never = "no";
    private const int EvidenceLines = 200;
    // On a busy machine the engine needs seconds to notice that a process has ended.
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(15);
    private const int MostEnds = 5;

    public string Service => service;

    public string Environment => environment;

    public async Task<ImmutableArray<ContainerSummary>> AllAsync(CancellationToken cancellation)
    {
        var all = await engine.ContainersAsync(
            [$"{ContainerLabels.Service}={service}", $"{ContainerLabels.Environment}={environment}"], cancellation);
        return [.. all.OrderBy(c => c.Name, StringComparer.Ordinal)];
    }

    /// <param name="role">Null = web and workers.</param>
    public async Task<ImmutableArray<ContainerSummary>> SlotAsync(string slot, string? role, CancellationToken cancellation) =>
        [.. (await AllAsync(cancellation)).Where(c => c.Label(ContainerLabels.Slot) == slot && (role is null || c.Label(ContainerLabels.Role) == role))];

    public Task StopAsync(IEnumerable<ContainerSummary> containers, CancellationToken cancellation) =>
        Task.WhenAll(containers.Where(c => c.State is "running" or "restarting" or "paused").Select(c => engine.StopAsync(c.Id, GraceOf(c), cancellation)));

    public async Task SetRestartPolicyAsync(IEnumerable<ContainerSummary> containers, string policy, CancellationToken cancellation)
    {
        foreach (var container in containers)
            if ((await engine.FindContainerAsync(container.Id, cancellation))?.HostConfig.RestartPolicy?.Name is { } now && now != policy)
                await SetAsync(container.Id, policy, cancellation);
    }

    /// <summary>The engine refuses to update a container whose process ends in that very moment; on a busy machine a second try was seen refused too.</summary>
    private async Task SetAsync(string container, string policy, CancellationToken cancellation)
    {
        for (var left = MostEnds; ; left--)
        {
            try
            {
                await engine.SetRestartPolicyAsync(container, policy, cancellation);
                return;
            }
            catch (ProblemException refused) when (refused.Problem.Info == TargetProblems.EngineRefused && left > 0)
            {
                if (!await EndsAsync(container, cancellation))
                    throw;
            }
        }
    }

    private async Task<bool> EndsAsync(string container, CancellationToken cancellation)
    {
        try
        {
            await engine.WaitAsync(container, EndWithin, cancellation);
            return true;
        }
        catch (ProblemException slow) when (slow.Problem.Info == TargetProblems.EngineSlow)
        {
            return false;
        }
    }

    /// <summary>The slot that a reboot brings back: what served last, where no front can say.</summary>
    public async Task<string?> MarkedAsync(CancellationToken cancellation)
    {
        foreach (var container in (await AllAsync(cancellation)).Where(c => c.Label(ContainerLabels.Role) == ContainerLabels.Web))
            if ((await engine.FindContainerAsync(container.Id, cancellation))?.HostConfig.RestartPolicy?.Name == Always)
                return container.Label(ContainerLabels.Slot);
        return null;
    }

    /// <summary>How a container ended or fares, its health log and its last lines.</summary>
    public async Task<string> EvidenceAsync(ContainerSummary container, CancellationToken cancellation)
    {
        if (await engine.FindContainerAsync(container.Id, cancellation) is not { } details)
            return "";
        var state = details.State;
        var text = FormattableString.Invariant(
            $"== {container.Name}: {state.Status}, exit code {state.ExitCode}, restarts {details.RestartCount}{(state.OOMKilled ? ", killed for lack of memory" : "")}");
        var health = string.Concat((state.Health?.Log ?? []).TakeLast(5).Select(p => FormattableString.Invariant($"\nhealth check exited {p.ExitCode}: {p.Output?.Trim()}")));
        var error = string.IsNullOrEmpty(state.Error) ? "" : $"\nengine: {state.Error}";
        return $"{text}{error}{health}\n{(await engine.LogsAsync(container.Id, details.Config.Tty, EvidenceLines, cancellation)).TrimEnd()}\n";
    }

    public async Task<string> EvidenceAsync(IEnumerable<ContainerSummary> containers, CancellationToken cancellation)
    {
        var all = new List<string>();
        foreach (var container in containers)
            all.Add(await EvidenceAsync(container, cancellation));
        return string.Join('\n', all).TrimEnd();
    }

    private static TimeSpan GraceOf(ContainerSummary container) =>
        container.Label(ContainerLabels.Spec) is { Length: > 0 } spec ? TimeSpan.FromSeconds(SlotSpec.Parse(spec).StopSeconds) : TimeSpan.FromSeconds(10);
}
