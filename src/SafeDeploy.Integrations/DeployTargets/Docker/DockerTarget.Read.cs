using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>What is there and what it answers, read live.</summary>
public sealed partial class DockerTarget
{
    private const int LogLines = 200;

    public async Task<TargetState> StateAsync(CancellationToken cancellation)
    {
        var all = await fleet.AllAsync(cancellation);
        var map = await front.ReadAsync(cancellation) ?? new FrontMap(await fleet.MarkedAsync(cancellation), false);
        var slots = all.Where(c => c.Label(ContainerLabels.Slot).Length > 0)
            .GroupBy(c => c.Label(ContainerLabels.Slot), StringComparer.Ordinal)
            .OrderBy(slot => slot.Key, StringComparer.Ordinal)
            .Select(SlotOf);
        return new TargetState(map.Serving, map.Held, [.. slots]);
    }

    public async Task<ImmutableArray<InstanceState>> InstancesAsync(string slot, CancellationToken cancellation)
    {
        var instances = ImmutableArray.CreateBuilder<InstanceState>();
        foreach (var container in await fleet.SlotAsync(slot, ContainerLabels.Web, cancellation))
            if (await engine.FindContainerAsync(container.Id, cancellation) is { } details)
                instances.Add(await InstanceOfAsync(container, details, cancellation));
        return instances.ToImmutable();
    }

    public async Task<HttpAnswer> AskInstanceAsync(string slot, string instance, HttpQuestion question, CancellationToken cancellation)
    {
        var container = (await fleet.SlotAsync(slot, ContainerLabels.Web, cancellation)).FirstOrDefault(c => c.Id == instance || c.Name == instance)
            ?? throw TargetProblems.InstanceIsUnknown(instance, slot, "it is not in the slot");
        var address = (await engine.FindContainerAsync(container.Id, cancellation))?.AddressOn(around.Network) ?? "";
        if (address.Length == 0)
            return HttpAnswer.None($"it is not running ({container.State})", TimeSpan.Zero);
        await around.AttachAsync(around.Network, cancellation);
        var port = SlotSpec.Parse(container.Label(ContainerLabels.Spec)).Port;
        return await asker.AskAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{address}:{port}/")), question, cancellation);
    }

    public async Task<HttpAnswer> AskFrontAsync(HttpQuestion question, CancellationToken cancellation) =>
        await asker.AskAsync(await front.AddressAsync(cancellation), question, cancellation);

    private static SlotState SlotOf(IGrouping<string, ContainerSummary> slot)
    {
        var one = slot.OrderBy(c => c.Label(ContainerLabels.Role) == ContainerLabels.Web ? 0 : 1).First();
        var spec = SlotSpec.Parse(one.Label(ContainerLabels.Spec));
        return new SlotState(slot.Key, spec.Version, spec.Image, spec.Digest, spec.Deployment,
            Running(slot, ContainerLabels.Web), Running(slot, ContainerLabels.Worker), one.Label(ContainerLabels.Spec));
    }

    private static int Running(IEnumerable<ContainerSummary> containers, string role) =>
        containers.Count(c => c.Label(ContainerLabels.Role) == role && c.State == "running");

    private async Task<InstanceState> InstanceOfAsync(ContainerSummary container, ContainerDetails details, CancellationToken cancellation)
    {
        var state = details.State;
        var isWell = state.Status == "running" && state.Health?.Status != "unhealthy";
        var log = isWell ? "" : await engine.LogsAsync(container.Id, details.Config.Tty, LogLines, cancellation);
        var health = isWell ? "" : string.Concat((state.Health?.Log ?? []).TakeLast(3).Select(p => string.Create(CultureInfo.InvariantCulture, $"health check exited {p.ExitCode}: {p.Output?.Trim()}\n")));
        return new InstanceState(container.Id, container.Name, state.Status, state.Status is "exited" or "dead" ? state.ExitCode : null, details.RestartCount, state.OOMKilled, health + log.TrimEnd());
    }
}
