using System.Text.Json.Serialization;

namespace SafeDeploy.Integrations.DeployTargets.Docker.Engine;

// The parts of the engine's JSON that are used; names as on the wire. Members the engine may leave out are nullable.

public sealed record EngineError(string? Message);

public sealed record EngineInfo(string Name, string ServerVersion, string OperatingSystem);

public sealed record ImageDetails(string Id, string[]? RepoTags, string[]? RepoDigests, ImageConfig? Config);

public sealed record ImageConfig(Dictionary<string, string>? Labels);

public sealed record DistributionDetails(DistributionDescriptor Descriptor);

public sealed record DistributionDescriptor([property: JsonPropertyName("digest")] string Digest);

public sealed record ProgressLine(
    [property: JsonPropertyName("status")] string? Status,
    [property: JsonPropertyName("error")] string? Error,
    [property: JsonPropertyName("errorDetail")] ProgressError? Detail);

public sealed record ProgressError([property: JsonPropertyName("message")] string? Message);

public sealed record ContainerSummary(string Id, string[] Names, string Image, string ImageID, Dictionary<string, string>? Labels, string State, PublishedPort[]? Ports)
{
    public string Name => Names.Length == 0 ? Id : Names[0].TrimStart('/');

    public string Label(string key) => Labels?.GetValueOrDefault(key) ?? "";
}

public sealed record PublishedPort(string? IP, int PrivatePort, int? PublicPort, string? Type);

public sealed record ContainerDetails(
    string Id, string Name, string Image, int RestartCount, ContainerState State, ContainerConfig Config, ContainerHostConfig HostConfig, ContainerNetworks NetworkSettings)
{
    /// <summary>Its address on the network; empty while it does not run or is not attached.</summary>
    public string AddressOn(string network) => NetworkSettings.Networks?.GetValueOrDefault(network)?.IPAddress ?? "";

    public bool IsOn(string network) => NetworkSettings.Networks?.ContainsKey(network) == true;
}

public sealed record ContainerState(string Status, bool Running, bool OOMKilled, int ExitCode, string? Error, HealthState? Health);

public sealed record HealthState(string Status, int FailingStreak, HealthProbe[]? Log);

public sealed record HealthProbe(int ExitCode, string? Output);

public sealed record ContainerConfig(string? Hostname, string Image, string[]? Env, Dictionary<string, string>? Labels, bool Tty);

public sealed record ContainerHostConfig(RestartPolicy? RestartPolicy, Dictionary<string, PortBinding[]?>? PortBindings);

public sealed record ContainerNetworks(Dictionary<string, EndpointState>? Networks);

public sealed record EndpointState(string? IPAddress);

public sealed record RestartPolicy(string Name);

public sealed record PortBinding(string? HostIp, string HostPort);

/// <summary>What a container is made from.</summary>
public sealed record CreateContainer
{
    public required string Image { get; init; }

    public string[]? Entrypoint { get; init; }

    public string[]? Cmd { get; init; }

    public string[]? Env { get; init; }

    public required Dictionary<string, string> Labels { get; init; }

    public int? StopTimeout { get; init; }

    public string? StopSignal { get; init; }

    public Dictionary<string, EmptyObject>? ExposedPorts { get; init; }

    public required CreateHostConfig HostConfig { get; init; }

    public required CreateNetworking NetworkingConfig { get; init; }
}

public sealed record EmptyObject;

public sealed record CreateHostConfig
{
    public required string NetworkMode { get; init; }

    public required RestartPolicy RestartPolicy { get; init; }

    public Dictionary<string, PortBinding[]>? PortBindings { get; init; }

    public CreateMount[]? Mounts { get; init; }

    public long? Memory { get; init; }

    public long? NanoCpus { get; init; }
}

public sealed record CreateMount(string Type, string? Source, string Target, bool ReadOnly);

public sealed record CreateNetworking(Dictionary<string, CreateEndpoint> EndpointsConfig);

public sealed record CreateEndpoint(string[]? Aliases);

public sealed record CreatedContainer(string Id, string[]? Warnings);

public sealed record UpdateContainer(RestartPolicy RestartPolicy);

public sealed record CreateNetwork(string Name, bool CheckDuplicate, bool Internal, Dictionary<string, string> Labels);

public sealed record NetworkDetails(string Id, string Name, Dictionary<string, string>? Labels);

public sealed record ConnectContainer(string Container, CreateEndpoint? EndpointConfig);

public sealed record DisconnectContainer(string Container, bool Force);

public sealed record WaitedContainer(int StatusCode);

public sealed record CreateExec(bool AttachStdin, bool AttachStdout, bool AttachStderr, string[] Cmd);

public sealed record CreatedExec(string Id);

public sealed record RegistryLogin(
    [property: JsonPropertyName("username")] string Username,
    [property: JsonPropertyName("password")] string Password,
    [property: JsonPropertyName("serveraddress")] string? ServerAddress);

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EngineError))]
[JsonSerializable(typeof(EngineInfo))]
[JsonSerializable(typeof(ImageDetails))]
[JsonSerializable(typeof(DistributionDetails))]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(ContainerSummary[]))]
[JsonSerializable(typeof(ContainerDetails))]
[JsonSerializable(typeof(CreateContainer))]
[JsonSerializable(typeof(CreatedContainer))]
[JsonSerializable(typeof(UpdateContainer))]
[JsonSerializable(typeof(CreateNetwork))]
[JsonSerializable(typeof(NetworkDetails))]
[JsonSerializable(typeof(ConnectContainer))]
[JsonSerializable(typeof(DisconnectContainer))]
[JsonSerializable(typeof(WaitedContainer))]
[JsonSerializable(typeof(CreateExec))]
[JsonSerializable(typeof(CreatedExec))]
[JsonSerializable(typeof(RegistryLogin))]
[JsonSerializable(typeof(Dictionary<string, string[]>))]
public sealed partial class EngineJson : JsonSerializerContext;
