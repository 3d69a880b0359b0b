using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>The labels that say what a container is to us.</summary>
public static class ContainerLabels
{
    public const string Service = "safe-deploy.service";
    public const string Environment = "safe-deploy.environment";
    public const string Role = "safe-deploy.role";
    public const string Slot = "safe-deploy.slot";
    public const string Version = "safe-deploy.version";
    public const string Digest = "safe-deploy.digest";
    public const string Deployment = "safe-deploy.deployment";
    public const string Replica = "safe-deploy.replica";
    public const string Spec = "safe-deploy.spec";

    public const string Web = "web";
    public const string Worker = "worker";
    public const string Front = "front";
}

/// <summary>One container of a slot, by name.</summary>
public sealed record PlannedContainer(string Name, CreateContainer Make);

/// <summary>What a spec means in containers. Pure.</summary>
public static class ContainerPlan
{
    /// <summary>Every replica of the slot shares this name on the network.</summary>
    public static string Alias(string service, string slot) => $"{service}-{slot}";

    public static string Front(string service) => $"{service}-front";

    public static string ControlNetwork(string service) => $"{service}-control";

    public static ImmutableArray<PlannedContainer> Web(SlotSpec spec, string image, ImmutableSortedDictionary<string, string> env) =>
        [.. Enumerable.Range(1, spec.Replicas).Select(n => new PlannedContainer(
            Text($"{spec.Service}-{spec.Slot}-{n}"),
            Make(spec, image, env, spec.Command, ContainerLabels.Web, n, [Alias(spec.Service, spec.Slot)])))];

    public static ImmutableArray<PlannedContainer> Workers(SlotSpec spec, string image, ImmutableSortedDictionary<string, string> env) =>
        [.. spec.Workers.SelectMany(worker => Enumerable.Range(1, worker.Replicas).Select(n => new PlannedContainer(
            Text($"{spec.Service}-{worker.Name}-{spec.Slot}") + (n == 1 ? "" : Text($"-{n}")),
            Make(spec, image, env, worker.Command, ContainerLabels.Worker, n, [Text($"{spec.Service}-{worker.Name}-{spec.Slot}")]))))];

    private static CreateContainer Make(
        SlotSpec spec, string image, ImmutableSortedDictionary<string, string> env, ImmutableArray<string>? command, string role, int replica, string[] aliases) => new()
        {
            Image = image,
            Cmd = command is { } given ? [.. given] : null,
            Env = [.. env.Select(pair => $"{pair.Key}={pair.Value}")],
            Labels = LabelsOf(spec, role, replica),
            StopTimeout = spec.StopSeconds,
            HostConfig = new CreateHostConfig
            {
                NetworkMode = spec.Network,
                // Until it serves, a container that dies stays dead and is seen; a reboot brings back only what served.
                RestartPolicy = new RestartPolicy("no"),
                Mounts = [.. spec.Mounts.Select(m => new CreateMount(m.Type, m.Source.Length == 0 ? null : m.Source, m.Target, m.ReadOnly))],
                Memory = spec.Memory,
                NanoCpus = spec.NanoCpus,
            },
            NetworkingConfig = new CreateNetworking(new() { [spec.Network] = new CreateEndpoint(aliases) }),
        };

    private static Dictionary<string, string> LabelsOf(SlotSpec spec, string role, int replica) => new(spec.Labels, StringComparer.Ordinal)
    {
        [ContainerLabels.Service] = spec.Service,
        [ContainerLabels.Environment] = spec.Environment,
        [ContainerLabels.Role] = role,
        [ContainerLabels.Slot] = spec.Slot,
        [ContainerLabels.Version] = spec.Version,
        [ContainerLabels.Digest] = spec.Digest ?? "",
        [ContainerLabels.Deployment] = spec.Deployment,
        [ContainerLabels.Replica] = replica.ToString(CultureInfo.InvariantCulture),
        [ContainerLabels.Spec] = spec.ToJson(),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
