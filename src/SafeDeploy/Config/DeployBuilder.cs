namespace SafeDeploy.Config;

/// <summary>Makes the records of the section <c>deploy</c>.</summary>
internal static class DeployBuilder
{
    public static DeploySettings Deploy(SectionValue deploy)
    {
        var image = deploy.Maybe<string>("image");
        return new DeploySettings(
            Target(deploy),
            image,
            deploy.Maybe<string>("version") ?? TagOf(image),
            new MaintenanceSettings(deploy.Get<bool>("maintenance"), deploy.Get<TimeSpan>("hold_within")));
    }

    private static DeployTargetSettings Target(SectionValue deploy) => deploy.Get<string>("target") switch
    {
        "docker" => new DeployTargetSettings.Docker(Docker(deploy.Get<SectionValue>("docker"))),
        "command" => new DeployTargetSettings.Command(Command(deploy.Get<SectionValue>("command"))),
        "release-directory" => new DeployTargetSettings.ReleaseDirectory(ReleaseDirectory(deploy.Get<SectionValue>("release_directory"))),
        "none" => new DeployTargetSettings.None(),
        var other => throw new InvalidOperationException($"no target {other}"),
    };

    // A colon in the last part of the path begins a tag; one before it is a registry's port.
    private static string? TagOf(string? image)
    {
        var name = image?.Split('@')[0];
        var colon = name?.LastIndexOf(':') ?? -1;
        return colon > (name?.LastIndexOf('/') ?? -1) ? name![(colon + 1)..] : null;
    }

    private static DockerSettings Docker(SectionValue docker) => new(
        docker.Get<string>("service"),
        docker.Get<int>("port"),
        docker.Get<int>("replicas"),
        docker.MaybeList<string>("command"),
        docker.Pairs<Secret>("env"),
        docker.Maybe<string>("env_file"),
        docker.Maybe<string>("network"),
        [.. docker.Sections("workers").Select(Worker)],
        Front(docker.Get<SectionValue>("front")),
        docker.Get<KeepPolicy>("keep"),
        [.. docker.Sections("mounts").Select(Mount)],
        Limits(docker.Get<SectionValue>("limits")),
        docker.Get<Uri>("host"),
        docker.Section("registry") is { } registry ? Registry(registry) : null,
        docker.Get<TimeSpan>("stop_timeout"),
        docker.Pairs<string>("labels"));

    private static WorkerSettings Worker(SectionValue worker) =>
        new(worker.Get<string>("service"), worker.List<string>("command"), worker.Get<int>("replicas"));

    private static FrontSettings Front(SectionValue front) => front.Get<string>("mode") switch
    {
        "managed" => new FrontSettings.Managed(front.Get<ListenAddress>("listen"), front.Get<string>("image")),
        "external" => new FrontSettings.External(
            front.List<string>("switch"),
            front.MaybeList<string>("current"),
            front.MaybeList<string>("hold"),
            front.MaybeList<string>("release")),
        "none" => new FrontSettings.None(),
        var other => throw new InvalidOperationException($"no front {other}"),
    };

    private static MountSettings Mount(SectionValue mount) => new(
        mount.Get<MountKind>("type"), mount.Maybe<string>("source") ?? "", mount.Get<string>("target"), mount.Get<bool>("read_only"));

    private static LimitSettings Limits(SectionValue limits) =>
        new(limits.MaybeValue<ByteSize>("memory"), limits.MaybeValue<decimal>("cpus"));

    private static RegistrySettings Registry(SectionValue registry) =>
        new(registry.Maybe<string>("server"), registry.Get<string>("username"), registry.Get<Secret>("password"));

    private static ReleaseDirectorySettings ReleaseDirectory(SectionValue folder) => new(
        folder.Get<string>("path"),
        folder.MaybeList<string>("shared") ?? [],
        folder.List<string>("reload"),
        folder.Get<Uri>("address"),
        folder.Get<int>("keep"),
        folder.Get<TimeSpan>("within"),
        folder.MaybeList<string>("hold"),
        folder.MaybeList<string>("release"),
        folder.MaybeList<string>("start_workers"),
        folder.MaybeList<string>("stop_workers"));

    private static CommandTargetSettings Command(SectionValue command) => new(
        command.List<string>("current"),
        command.List<string>("start"),
        command.MaybeList<string>("ready"),
        command.List<string>("switch"),
        command.MaybeList<string>("hold"),
        command.MaybeList<string>("release"),
        command.List<string>("stop"),
        command.Get<TimeSpan>("within"),
        command.MaybeList<string>("resolve"),
        command.MaybeList<string>("start_workers"),
        command.MaybeList<string>("stop_workers"));
}
