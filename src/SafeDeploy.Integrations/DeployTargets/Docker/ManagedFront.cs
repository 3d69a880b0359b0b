using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>A HAProxy container of ours. Its map file says who serves after a restart, its running map who serves now; every switch writes both.</summary>
public sealed class ManagedFront : IFront
{
    private const string Make = "front";
    private const string Start = "stopped front";
    private const string Configure = "configuration of front";
    private const string ListenLabel = "safe-deploy.listen";
    private const string ImageLabel = "safe-deploy.image";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly DockerEngine engine;
    private readonly DockerSettings settings;
    private readonly FrontSettings.Managed front;
    private readonly Surroundings around;
    private readonly Fleet fleet;
    private readonly ImageStore images;
    private readonly TimeProvider time;
    private readonly HaproxyRuntime runtime;
    private readonly string name;

    public ManagedFront(DockerEngine engine, DockerSettings settings, FrontSettings.Managed front, Surroundings around, Fleet fleet, TimeProvider time)
    {
        (this.engine, this.settings, this.front, this.around, this.fleet, this.time) = (engine, settings, front, around, fleet, time);
        images = new ImageStore(engine, settings.Registry is { Server: not null } ? settings.Registry : null);
        name = ContainerPlan.Front(settings.Service);
        runtime = new HaproxyRuntime(name, ConnectAsync, time);
    }

    public bool CanHold => true;

    public async Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation)
    {
        if (await FindAsync(cancellation) is not { } found)
        {
            await EnsurePortIsFreeAsync(cancellation);
            return [$"{Make} {name}"];
        }
        EnsureSame("listen", found.Config.Labels?.GetValueOrDefault(ListenLabel), front.Listen.ToString());
        EnsureSame("image", found.Config.Labels?.GetValueOrDefault(ImageLabel), front.Image);
        if (!found.State.Running)
            return [$"{Start} {name}"];
        return await IsConfiguredAsync(cancellation) ? [] : [$"{Configure} {name}"];
    }

    public async Task PrepareAsync(string item, CancellationToken cancellation)
    {
        if (item == $"{Configure} {name}")
            await LearnAsync(cancellation);
        if (item != $"{Make} {name}" && item != $"{Start} {name}")
            return;
        if (await FindAsync(cancellation) is null)
            await CreateAsync(cancellation);
        await CompleteAsync(cancellation);
        await StartAsync(cancellation);
    }

    public async Task<FrontMap?> ReadAsync(CancellationToken cancellation)
    {
        if (await FindAsync(cancellation) is not { } found)
            return null;
        if (found.State.Running && await around.IsAttachedAsync(ContainerPlan.ControlNetwork(settings.Service), cancellation))
            return await runtime.MapAsync(cancellation);
        // A front that is stopped serves nobody, but this is what it will serve when it is started. And from inside a
        // container that is not attached yet this is what can be read without changing anything.
        return await engine.GetFileAsync(name, FrontMap.Path, cancellation) is { } text ? FrontMap.Parse(name, text) : null;
    }

    public async Task LearnAsync(CancellationToken cancellation)
    {
        if (await FindAsync(cancellation) is not { State.Running: true } || await IsConfiguredAsync(cancellation))
            return;
        // Read live before the reload, which would else bring back what the file says.
        var map = await runtime.MapAsync(cancellation);
        await WriteAsync(map, cancellation);
        await engine.KillAsync(name, "SIGUSR2", cancellation);
        await UntilAnswersAsync(cancellation);
    }

    public async Task SwitchAsync(string? toSlot, CancellationToken cancellation)
    {
        if (toSlot is not null)
            await UntilReachedAsync(toSlot, cancellation);
        var map = new FrontMap(toSlot, false);
        // The file first: a machine that dies between the two comes back with the slot that was asked for,
        // and whoever repeats the switch, forward or back, writes both again.
        await WriteMapAsync(map, cancellation);
        await engine.BeforeChange(cancellation);
        await runtime.SetAsync(map, cancellation);
    }

    public async Task HoldAsync(CancellationToken cancellation)
    {
        var map = (await runtime.MapAsync(cancellation)) with { Held = true };
        await WriteMapAsync(map, cancellation);
        await engine.BeforeChange(cancellation);
        await runtime.SetAsync(map, cancellation);
    }

    public async Task DrainAsync(string slot, TimeSpan atMost, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < atMost && (await runtime.SlotAsync(slot, cancellation)).Sessions > 0)
            await Task.Delay(Interval, time, cancellation);
    }

    public async Task<Uri> AddressAsync(CancellationToken cancellation)
    {
        if (!engine.IsRemote && await around.SelfAsync(cancellation) is null)
            return new Uri($"http://{Surroundings.PublishedHost(front.Listen.Address)}:{front.Listen.Port}/");
        await around.AttachAsync(around.Network, cancellation);
        var address = (await FindAsync(cancellation))?.AddressOn(around.Network) ?? "";
        return address.Length > 0
            ? new Uri($"http://{address}:{HaproxyConfig.Listen}/")
            : throw TargetProblems.FrontIsSilent(name, "it has no address on the service's network");
    }

    private async Task CreateAsync(CancellationToken cancellation)
    {
        var image = await images.EnsureAsync(front.Image, null, cancellation);
        _ = await engine.CreateAsync(name, FrontContainer.Of(settings, front, fleet.Environment, around.Network, image, ListenLabel, ImageLabel), cancellation)
            ?? throw TargetProblems.NameIsTaken(name, "a container of somebody else");
    }

    /// <summary>What a process that died after making the container left undone, or did not come to.</summary>
    private async Task CompleteAsync(CancellationToken cancellation)
    {
        var control = ContainerPlan.ControlNetwork(settings.Service);
        if (await FindAsync(cancellation) is { } found && !found.IsOn(control))
            await engine.ConnectAsync(control, found.Id, [HaproxyConfig.ControlAlias], cancellation);
        var map = await engine.GetFileAsync(name, FrontMap.Path, cancellation) is { } text
            ? FrontMap.Parse(name, text)
            : new FrontMap(await fleet.MarkedAsync(cancellation), false);
        await WriteAsync(map, cancellation);
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        if (await engine.StartAsync(name, cancellation) is { } message)
        {
            // One that never ran holds nothing; left behind it would look like a front.
            await engine.RemoveAsync(name, cancellation);
            throw TargetProblems.StartHasFailed(name, message, "");
        }
        await UntilAnswersAsync(cancellation);
    }

    private async Task UntilAnswersAsync(CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (true)
            try
            {
                await runtime.MapAsync(cancellation);
                return;
            }
            catch (Problems.ProblemException silent) when (silent.Problem.Info == TargetProblems.FrontSilent && time.GetElapsedTime(started) < StartLimit)
            {
                await Task.Delay(Interval, time, cancellation);
            }
    }

    /// <summary>Waits until the front reaches every instance that runs. One that ended is not waited for: on the way back the others must serve.</summary>
    private async Task UntilReachedAsync(string slot, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var running = (await fleet.SlotAsync(slot, ContainerLabels.Web, cancellation)).Count(c => c.State == "running");
            var up = (await runtime.SlotAsync(slot, cancellation)).Up;
            if (running > 0 && up >= running)
                return;
            if (running == 0 || time.GetElapsedTime(started) >= StartLimit)
                throw TargetProblems.NobodyServes(slot, string.Create(CultureInfo.InvariantCulture, $"the front reaches {up} of {running} running instances"),
                    await EvidenceAsync(slot, cancellation));
            await Task.Delay(Interval, time, cancellation);
        }
    }

    private async Task<string> EvidenceAsync(string slot, CancellationToken cancellation) =>
        await fleet.EvidenceAsync(await fleet.SlotAsync(slot, ContainerLabels.Web, cancellation), cancellation);

    private async Task<bool> IsConfiguredAsync(CancellationToken cancellation) =>
        await engine.GetFileAsync(name, HaproxyConfig.Path, cancellation) == (await ConfigAsync(cancellation)).Text();

    private async Task<HaproxyConfig> ConfigAsync(CancellationToken cancellation)
    {
        var web = (await fleet.AllAsync(cancellation)).Where(c => c.Label(ContainerLabels.Role) == ContainerLabels.Web).ToList();
        return new HaproxyConfig(settings.Service, PortOf("blue"), PortOf("green"), Math.Max(16, settings.Replicas));

        int PortOf(string slot) =>
            web.FirstOrDefault(c => c.Label(ContainerLabels.Slot) == slot) is { } one ? SlotSpec.Parse(one.Label(ContainerLabels.Spec)).Port : settings.Port;
    }

    private async Task WriteAsync(FrontMap map, CancellationToken cancellation) =>
        await engine.PutFilesAsync(name, new Dictionary<string, string> { [HaproxyConfig.Path] = (await ConfigAsync(cancellation)).Text(), [FrontMap.Path] = map.Text() }, cancellation);

    private Task WriteMapAsync(FrontMap map, CancellationToken cancellation) =>
        engine.PutFilesAsync(name, new Dictionary<string, string> { [FrontMap.Path] = map.Text() }, cancellation);

    private async Task<ContainerDetails?> FindAsync(CancellationToken cancellation)
    {
        if (await engine.FindContainerAsync(name, cancellation) is not { } found)
            return null;
        var labels = found.Config.Labels;
        return labels?.GetValueOrDefault(ContainerLabels.Role) == ContainerLabels.Front && labels.GetValueOrDefault(ContainerLabels.Environment) == fleet.Environment
            ? found
            : throw TargetProblems.NameIsTaken(name, labels?.GetValueOrDefault(ContainerLabels.Environment) is { } other ? $"the front of environment \"{other}\"" : "a container of somebody else");
    }

    private async Task<Stream> ConnectAsync(CancellationToken cancellation)
    {
        var address = (await FindAsync(cancellation))?.AddressOn(ContainerPlan.ControlNetwork(settings.Service)) ?? "";
        if (!IPAddress.TryParse(address, out var ip))
            throw TargetProblems.FrontIsSilent(name, "it is not running");
        await around.AttachAsync(ContainerPlan.ControlNetwork(settings.Service), cancellation);
        return await around.ConnectAsync(new IPEndPoint(ip, HaproxyConfig.Control), cancellation);
    }

    private async Task EnsurePortIsFreeAsync(CancellationToken cancellation)
    {
        var owner = (await engine.RunningAsync(cancellation)).FirstOrDefault(c => c.Ports?.Any(IsSame) == true);
        if (owner is not null)
            throw TargetProblems.PortIsTaken(front.Listen.ToString(), $"container \"{owner.Name}\" ({owner.Image})",
                $"once, in a maintenance window: start container \"{owner.Name}\" without its published port (or remove it: this run starts the release anew), then run again");
        if (await around.IsTakenAsync(front.Listen, cancellation))
            throw TargetProblems.PortIsTaken(front.Listen.ToString(), "a process of this machine",
                string.Create(CultureInfo.InvariantCulture, $"see which: ss -ltnp 'sport = :{front.Listen.Port}'; move it to another port, then run again"));
    }

    /// <summary>Published on our port, and on our address or on every one of either side.</summary>
    private bool IsSame(PublishedPort port) =>
        port.PublicPort == front.Listen.Port && (port.IP == front.Listen.Address || IsEvery(port.IP) || IsEvery(front.Listen.Address));

    private static bool IsEvery(string? address) => address is null or "" or "0.0.0.0" or "::";

    private void EnsureSame(string setting, string? runs, string wanted)
    {
        if (runs != wanted)
            throw TargetProblems.FrontHasOtherSettings(name, setting, runs ?? "unknown", wanted);
    }
}
