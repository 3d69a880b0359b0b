using System.Collections.Immutable;
using System.Net;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>Releases as containers of one Docker engine: two slots behind a front. One file a concern; here is what a deployment does.</summary>
public sealed partial class DockerTarget : IDeployTarget
{
    private readonly DockerSettings settings;
    private readonly TargetContext context;
    private readonly DockerEngine engine;
    private readonly ImageStore images;
    private readonly Surroundings around;
    private readonly Fleet fleet;
    private readonly TargetCommands commands;
    private readonly IFront front;
    private readonly HttpAsker asker;

    public DockerTarget(DockerSettings settings, TargetContext context)
    {
        (this.settings, this.context) = (settings, context);
        engine = new DockerEngine(settings.Host, context.Time);
        images = new ImageStore(engine, settings.Registry);
        around = new Surroundings(engine, settings, context);
        fleet = new Fleet(engine, settings.Service, context.Environment);
        commands = new TargetCommands(context, TimeSpan.FromMinutes(2));
        asker = new HttpAsker(context.Time, ConnectAsync);
        front = settings.Front switch
        {
            FrontSettings.Managed managed => new ManagedFront(engine, settings, managed, around, fleet, context.Time),
            FrontSettings.External external => new ExternalFront(engine, settings, external, around, fleet, commands),
            _ => new NoFront(),
        };
    }

    public string Kind => "docker";

    public bool CanHold => front.CanHold;

    public void GuardWith(ILedgerHold hold) => engine.BeforeChange = commands.BeforeChange = hold.EnsureHeldAsync;

    public Task<ResolvedImage> ResolveAsync(string reference, CancellationToken cancellation) => images.ResolveAsync(reference, cancellation);

    public async Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation) =>
        [.. await around.MissingAsync(cancellation), .. await front.MissingAsync(cancellation)];

    public async Task PrepareAsync(string item, CancellationToken cancellation)
    {
        await around.PrepareAsync(item, cancellation);
        await front.PrepareAsync(item, cancellation);
    }

    public string SpecOf(Release release, string slot, DeploymentId deployment) =>
        SlotSpec.Of(settings, context.Environment, around.Network, release, slot, deployment).ToJson();

    public async Task SwitchAsync(string? toSlot, CancellationToken cancellation)
    {
        var former = (await StateAsync(cancellation)).Serving;
        var web = (await fleet.AllAsync(cancellation)).Where(c => c.Label(ContainerLabels.Role) == ContainerLabels.Web).ToLookup(c => c.Label(ContainerLabels.Slot));
        if (toSlot is not null)
        {
            if (!web[toSlot].Any())
                throw TargetProblems.NobodyServes(toSlot, "it holds no release", "");
            await EnsureRunningAsync(web[toSlot], cancellation);
            await fleet.SetRestartPolicyAsync(web[toSlot], Fleet.Always, cancellation);
        }
        await front.SwitchAsync(toSlot, cancellation);
        foreach (var other in web.Where(slot => slot.Key != toSlot))
            await fleet.SetRestartPolicyAsync(other, Fleet.Never, cancellation);
        if (former is not null && former != toSlot && (settings.Keep == KeepPolicy.Stopped || front is NoFront))
        {
            await front.DrainAsync(former, settings.StopTimeout, cancellation);
            await fleet.StopAsync(web[former], cancellation);
        }
    }

    public Task HoldAsync(CancellationToken cancellation) => front.HoldAsync(cancellation);

    public async Task<string> RemoveAsync(string slot, CancellationToken cancellation)
    {
        await EnsureIdleAsync(slot, "removed", cancellation);
        var containers = await fleet.SlotAsync(slot, null, cancellation);
        var evidence = await fleet.EvidenceAsync(containers, cancellation);
        foreach (var container in containers)
            await engine.RemoveAsync(container.Id, cancellation);
        return evidence;
    }

    public async Task RetireAsync(string slot, CancellationToken cancellation)
    {
        await EnsureIdleAsync(slot, "stopped", cancellation);
        var containers = await fleet.SlotAsync(slot, null, cancellation);
        if (containers.FirstOrDefault(c => c.Label(ContainerLabels.Role) == ContainerLabels.Web) is { } one)
            await engine.TagAsync(one.ImageID, $"safe-deploy/{settings.Service}", "previous", cancellation);
        await fleet.SetRestartPolicyAsync(containers, Fleet.Never, cancellation);
        await fleet.StopAsync(containers, cancellation);
    }

    public ValueTask DisposeAsync()
    {
        engine.Dispose();
        asker.Dispose();
        around.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext connection, CancellationToken cancellation) =>
        await around.ConnectAsync(new IPEndPoint(IPAddress.Parse(connection.DnsEndPoint.Host.Trim('[', ']')), connection.DnsEndPoint.Port), cancellation);

    private async Task EnsureIdleAsync(string slot, string verb, CancellationToken cancellation)
    {
        if ((await StateAsync(cancellation)).Serving == slot)
            throw TargetProblems.SlotIsServing(slot, verb);
    }

    private async Task EnsureRunningAsync(IEnumerable<ContainerSummary> containers, CancellationToken cancellation)
    {
        foreach (var container in containers.Where(c => c.State != "running"))
            if (await engine.StartAsync(container.Id, cancellation) is { } message)
                throw TargetProblems.StartHasFailed(container.Name, message, await fleet.EvidenceAsync(container, cancellation));
    }
}
