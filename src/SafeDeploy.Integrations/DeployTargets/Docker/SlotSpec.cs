using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDeploy.Config;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>How the instances of one release are made, as the ledger and the containers' own label keep it.</summary>
/// <remarks>Values of variables are never in it: only their names, and the file they come from.</remarks>
/// <param name="Image">The reference asked for; what runs is <paramref name="Digest"/>.</param>
/// <param name="Variables">Names set by the configuration; their values come from the containers of then, else from the configuration.</param>
public sealed record SlotSpec(
    string Service,
    string Environment,
    string Slot,
    string Deployment,
    string Version,
    string Image,
    string? Digest,
    int Port,
    int Replicas,
    ImmutableArray<string>? Command,
    ImmutableArray<string> Variables,
    string? EnvFile,
    string Network,
    ImmutableArray<SpecMount> Mounts,
    long? Memory,
    long? NanoCpus,
    int StopSeconds,
    ImmutableSortedDictionary<string, string> Labels,
    ImmutableArray<SpecWorker> Workers)
{
    public static SlotSpec Of(DockerSettings settings, string environment, string network, Release release, string slot, DeploymentId deployment) => new(
        settings.Service, environment, slot, deployment.Value, release.Version, release.Image ?? "", release.Digest, settings.Port, settings.Replicas,
        settings.Command, [.. settings.Env.Keys], settings.EnvFile, network,
        [.. settings.Mounts.Select(m => new SpecMount(KindText(m.Kind), m.Source, m.Target, m.ReadOnly))],
        settings.Limits.Memory?.Bytes, settings.Limits.Cpus is { } cpus ? (long)(cpus * 1_000_000_000m) : null,
        (int)Math.Ceiling(settings.StopTimeout.TotalSeconds), settings.Labels,
        [.. settings.Workers.Select(w => new SpecWorker(w.Service, w.Command, w.Replicas))]);

    public static SlotSpec Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, SpecJson.Default.SlotSpec) ?? throw TargetProblems.SpecCanNotBeRead("it is null");
        }
        catch (JsonException failure)
        {
            throw TargetProblems.SpecCanNotBeRead(failure.Message);
        }
    }

    /// <summary>One line of JSON; equal specs give equal text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SpecJson.Default.SlotSpec);

    private static string KindText(MountKind kind) => kind switch
    {
        MountKind.Bind => "bind",
        MountKind.Volume => "volume",
        MountKind.Tmpfs => "tmpfs",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}

public sealed record SpecMount(string Type, string Source, string Target, bool ReadOnly);

public sealed record SpecWorker(string Name, ImmutableArray<string> Command, int Replicas);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(SlotSpec))]
public sealed partial class SpecJson : JsonSerializerContext;
