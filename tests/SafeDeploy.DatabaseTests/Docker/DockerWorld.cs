using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Integrations.DeployTargets.Docker;
using SafeDeploy.Integrations.Processes;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Docker;

/// <summary>A service of its own on the real engine, gone with all it made when the test ends.</summary>
public sealed class DockerWorld : IAsyncDisposable
{
    private readonly ContainerLabel label = new();
    private readonly List<IAsyncDisposable> targets = [];

    public DockerWorld()
    {
        Settings = new DockerSettings(
            Service: $"sd{label.Value[..8]}",
            Port: AppImages.Port,
            Replicas: 1,
            Command: null,
            Env: ImmutableSortedDictionary<string, Secret>.Empty,
            EnvFile: null,
            Network: null,
            Workers: [],
            Front: new FrontSettings.Managed(new ListenAddress("127.0.0.1", FreePort()), AppImages.Front),
            Keep: KeepPolicy.Running,
            Mounts: [],
            Limits: new LimitSettings(null, null),
            Host: TestServers.Docker,
            Registry: null,
            StopTimeout: TimeSpan.FromSeconds(2),
            Labels: ImmutableSortedDictionary<string, string>.Empty.Add(ContainerLabel.Key, label.Value));
    }

    public ContainerLabel Label => label;

    public DockerSettings Settings { get; set; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("safe-deploy-docker-").FullName;

    public Uri FrontDoor => new($"http://{((FrontSettings.Managed)Settings.Front).Listen}/");

    public string FrontContainer => $"{Settings.Service}-front";

    /// <summary>A target as a new process would make it.</summary>
    /// <param name="machine">Our host name; a container's when we play to be inside of it.</param>
    public DockerTarget Target(string environment = "test", string? machine = null)
    {
        var target = new DockerTarget(Settings, new TargetContext("shop", environment, Folder, machine ?? Environment.MachineName, TimeProvider.System, new ProcessRunner(TimeProvider.System)));
        targets.Add(target);
        return target;
    }

    public static async Task PrepareAsync(IDeployTarget target)
    {
        foreach (var item in await target.MissingAsync(default))
            await target.PrepareAsync(item, default);
        Assert.Empty(await target.MissingAsync(default));
    }

    /// <summary>Resolves, starts in the free slot and waits until it answers; the slot.</summary>
    public static async Task<string> StartAsync(IDeployTarget target, string image, string version, string deployment = "d1")
    {
        var release = await ReleaseAsync(target, image, version);
        var slot = (await target.StateAsync(default)).FreeSlot;
        await target.StartAsync(release, slot, target.SpecOf(release, slot, new DeploymentId(deployment)), default);
        foreach (var instance in await target.InstancesAsync(slot, default))
            await Eventually.Async(async () => (await target.AskInstanceAsync(slot, instance.Id, HttpQuestion.Get("/", TimeSpan.FromSeconds(5)), default)).IsSuccess, TimeSpan.FromSeconds(20));
        return slot;
    }

    public static async Task<Release> ReleaseAsync(IDeployTarget target, string image, string version)
    {
        var resolved = await target.ResolveAsync(image, default);
        return new Release(version, image, resolved.Digest, "none", null);
    }

    public static HttpQuestion Question { get; } = HttpQuestion.Get("/", TimeSpan.FromSeconds(2));

    /// <summary>The version that answers at the front door, or the status.</summary>
    public static async Task<string> AtTheDoorAsync(IDeployTarget target)
    {
        var answer = await target.AskFrontAsync(Question, default);
        return answer.IsSuccess ? answer.Body : $"{answer.Status} {answer.Error}".Trim();
    }

    /// <summary>Two releases prepared, the first one serving from blue; the target and both images.</summary>
    public async Task<(DockerTarget Target, string V1, string V2)> ServingV1Async()
    {
        var target = Target();
        var (v1, v2) = (await AppImages.WellAsync(label, "v1"), await AppImages.WellAsync(label, "v2"));
        await PrepareAsync(target);
        await target.SwitchAsync(await StartAsync(target, v1, "v1", "d1"), default);
        return (target, v1, v2);
    }

    public static Task<string> InspectAsync(string container, string format) =>
        TrimmedAsync("inspect", "--format", format, container);

    public static async Task<string> TrimmedAsync(params string[] arguments) => (await ContainerLabel.DockerAsync(arguments)).Trim();

    public async ValueTask DisposeAsync()
    {
        foreach (var target in targets)
            await target.DisposeAsync();
        await label.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
