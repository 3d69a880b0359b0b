using System.Net;

namespace SafeDeploy.Integrations.DeployTargets.Docker.Engine;

public sealed partial class DockerEngine
{
    public Task<NetworkDetails?> FindNetworkAsync(string name, CancellationToken cancellation) =>
        FindAsync($"networks/{Escape(name)}", EngineJson.Default.NetworkDetails, cancellation);

    /// <summary>Makes a bridge network; nothing to do when one of this name exists.</summary>
    /// <param name="isInternal">Without a way out of the machine.</param>
    public Task CreateNetworkAsync(string name, bool isInternal, Dictionary<string, string> labels, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Post, "networks/create", Body(new CreateNetwork(name, true, isInternal, labels), EngineJson.Default.CreateNetwork), Quick, [HttpStatusCode.Conflict], cancellation);

    /// <summary>Attaches a container; the caller has seen that it is not attached.</summary>
    public Task ConnectAsync(string network, string container, string[]? aliases, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Post, $"networks/{Escape(network)}/connect",
            Body(new ConnectContainer(container, aliases is null ? null : new CreateEndpoint(aliases)), EngineJson.Default.ConnectContainer), Quick, [], cancellation);

    public Task DisconnectAsync(string network, string container, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Post, $"networks/{Escape(network)}/disconnect",
            Body(new DisconnectContainer(container, true), EngineJson.Default.DisconnectContainer), Quick, [HttpStatusCode.NotFound], cancellation);
}
