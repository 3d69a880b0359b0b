using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>Where we stand: on the engine's machine, or in a container of it; and the networks that the service needs.</summary>
/// <remarks>From the machine every bridge address is reached; from inside a container only those of networks it is attached to.</remarks>
public sealed class Surroundings(DockerEngine engine, DockerSettings settings, TargetContext context) : IDisposable
{
    private const string MakeNetwork = "network";
    private const string Join = "this container's attachment to network";

    // Checks and gates run side by side, and each may be the first that needs a network: the engine refuses the second attachment.
    private readonly SemaphoreSlim _attaching = new(1, 1);

    public void Dispose() => _attaching.Dispose();

    /// <summary>The network of the service's containers.</summary>
    public string Network { get; } = settings.Network ?? $"{settings.Service}-network";

    private string Control => ContainerPlan.ControlNetwork(settings.Service);

    private bool HasControl => settings.Front is FrontSettings.Managed;

    private IEnumerable<string> Networks => HasControl ? [Network, Control] : [Network];

    /// <summary>The container we run in, or null on the machine itself.</summary>
    public async Task<ContainerDetails?> SelfAsync(CancellationToken cancellation) =>
        await engine.FindContainerAsync(context.MachineName, cancellation) is { State.Running: true } self && self.Config.Hostname == context.MachineName ? self : null;

    public async Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation)
    {
        var missing = ImmutableArray.CreateBuilder<string>();
        foreach (var network in Networks)
            if (await engine.FindNetworkAsync(network, cancellation) is null)
                missing.Add($"{MakeNetwork} {network}");
        if (await SelfAsync(cancellation) is { } self)
            missing.AddRange(Networks.Where(network => !self.IsOn(network)).Select(network => $"{Join} {network}"));
        return missing.ToImmutable();
    }

    public async Task PrepareAsync(string item, CancellationToken cancellation)
    {
        foreach (var network in Networks)
        {
            if (item == $"{MakeNetwork} {network}")
                await engine.CreateNetworkAsync(network, isInternal: HasControl && network == Control, LabelsOf(), cancellation);
            if (item == $"{Join} {network}")
                await AttachAsync(network, cancellation);
        }
    }

    /// <summary>Whether addresses of the network are reached from here as things are.</summary>
    public async Task<bool> IsAttachedAsync(string network, CancellationToken cancellation) =>
        await SelfAsync(cancellation) is not { } self || self.IsOn(network);

    /// <summary>Attaches the container we run in; nothing to do on the machine itself. Each step may run in a container of its own, so this is also done when first needed.</summary>
    public async Task AttachAsync(string network, CancellationToken cancellation)
    {
        await _attaching.WaitAsync(cancellation);
        try
        {
            if (await SelfAsync(cancellation) is { } self && !self.IsOn(network))
                await engine.ConnectAsync(network, self.Id, null, cancellation);
        }
        finally
        {
            _attaching.Release();
        }
    }

    /// <summary>A connection to an address of one of the networks: directly, or carried by the engine through the front's container.</summary>
    public async Task<Stream> ConnectAsync(IPEndPoint end, CancellationToken cancellation)
    {
        if (engine.IsRemote && HasControl && await SelfAsync(cancellation) is null)
            return await engine.DialAsync(ContainerPlan.Front(settings.Service), end, cancellation);
        var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(end, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Where a port that is published on <paramref name="address"/> is asked from here.</summary>
    public static string PublishedHost(string address) =>
        address is "0.0.0.0" or "" or "::" ? "127.0.0.1" : address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;

    /// <summary>Whether a process listens there already; only the engine's own machine can tell.</summary>
    public async Task<bool> IsTakenAsync(ListenAddress listen, CancellationToken cancellation)
    {
        if (engine.IsRemote || !IPAddress.TryParse(listen.Address, out var address) || await SelfAsync(cancellation) is not null)
            return false;
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, listen.Port));
            return false;
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return true;
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.AccessDenied or SocketError.AddressNotAvailable)
        {
            // A port below 1024, or an address of another network namespace: the engine itself will say.
            return false;
        }
    }

    private Dictionary<string, string> LabelsOf() => new(settings.Labels, StringComparer.Ordinal)
    {
        [ContainerLabels.Service] = settings.Service,
        [ContainerLabels.Environment] = context.Environment,
    };
}
