using static SafeDeploy.Config.Keys;

namespace SafeDeploy.Config;

/// <summary>The keys under <c>deploy</c>.</summary>
internal static class DeploySchema
{
    private static readonly ScalarType Name = ScalarTypes.Typed(
        "name", "a name of letters, digits and underscores, such as LOG_LEVEL",
        text => text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? text : null,
        "^[A-Za-z_][A-Za-z0-9_]*$");

    private static readonly SectionShape Worker = new(
    [
        Key("service", PlaceTypes.Service, "Names the worker's containers.") with { Required = true },
        List("command", ScalarTypes.AnyText, "What the worker runs, as a list.", least: 1) with { Required = true },
        Key("replicas", ScalarTypes.Whole(1, 100), "How many containers.") with { Default = ["1"] },
    ],
    []);

    private static readonly SectionShape Front = new(
    [
        Key("mode", ScalarTypes.Choice(("managed", "managed"), ("external", "external"), ("none", "none")),
            "Who moves traffic: a HAProxy container of ours, your own proxy through commands, or nobody.") with
        { Default = ["managed"] },
        Key("listen", PlaceTypes.Listen, "Where users reach the service; a port alone means every interface.") with
        { OnlyWith = new("mode", "managed"), RequiredWith = new("mode", "managed") },
        Key("image", PlaceTypes.Image, "The HAProxy image (2.4 or later).") with
        { OnlyWith = new("mode", "managed"), Default = ["haproxy:2.8-alpine"] },
        Arguments("switch", "Moves traffic to the release named in its environment; must be safe to repeat.", "mode", "external", required: true),
        Arguments("current", "Prints the release that traffic goes to.", "mode", "external"),
        Arguments("hold", "Holds traffic.", "mode", "external"),
        Arguments("release", "Lets held traffic go on.", "mode", "external"),
    ],
    []);

    private static readonly SectionShape Mount = new(
    [
        Key("type", ScalarTypes.Choice(("bind", MountKind.Bind), ("volume", MountKind.Volume), ("tmpfs", MountKind.Tmpfs)),
            "How `source` is read: a path of the engine's machine, a volume's name, or nothing.") with
        { Default = ["volume"] },
        Key("source", PlaceTypes.File, "The path or the volume's name; not for tmpfs."),
        Key("target", PlaceTypes.AbsolutePath, "Where it appears in the container.") with { Required = true },
        Key("read_only", ScalarTypes.YesNo, "Whether the container may not write to it.") with { Default = ["false"] },
    ],
    []);

    private static readonly SectionShape Limits = new(
    [
        Key("memory", ScalarTypes.Size, "Memory of one container."),
        Key("cpus", ScalarTypes.Cpus, "Processors of one container."),
    ],
    []);

    private static readonly SectionShape Registry = new(
    [
        Key("server", ScalarTypes.Text, "The registry's host; the image's own where not written."),
        Key("username", ScalarTypes.Text, "Who pulls.") with { Required = true },
        Key("password", ScalarTypes.HiddenText, "Password or token, as `${NAME}`.") with { Required = true },
    ],
    []);

    private static readonly SectionShape Docker = new(
    [
        Key("service", PlaceTypes.Service, "Names the containers and their alias on the network.") with { Required = true },
        Key("port", PlaceTypes.Port, "The port that the release listens on inside its container.") with { Required = true },
        Key("replicas", ScalarTypes.Whole(1, 100), "How many containers serve.") with { Default = ["1"] },
        List("command", ScalarTypes.AnyText, "Replaces the image's own command.", least: 1),
        new ConfigField("env", new FieldShape.Pairs(Name, ScalarTypes.Variable), "Variables of the containers; they win over `env_file`."),
        Key("env_file", PlaceTypes.File, "A file of NAME=value lines."),
        Key("network", PlaceTypes.Service, "An existing network; one is made where not written."),
        new ConfigField("workers", new FieldShape.Sections(Worker), "Containers of the same image that take no traffic; they move with the release."),
        Section("front", Front, "What stands before the containers.") with { Required = true },
        Key("keep", ScalarTypes.Choice(("running", KeepPolicy.Running), ("stopped", KeepPolicy.Stopped)),
            "What the former containers do until the commit point: kept running they serve again in under a second.") with
        { Default = ["running"] },
        new ConfigField("mounts", new FieldShape.Sections(Mount), "Folders and volumes of the containers."),
        Section("limits", Limits, "What one container may use at most.") with { Assumed = true },
        Key("host", PlaceTypes.DockerHost, "The Docker engine.") with { Default = ["unix:///var/run/docker.sock"] },
        Section("registry", Registry, "Who pulls the image. Absent: it is public or present."),
        Key("stop_timeout", ScalarTypes.Duration(TimeSpan.FromSeconds(1)), "From the polite signal to the kill.") with { Default = ["30s"] },
        new ConfigField("labels", new FieldShape.Pairs(ScalarTypes.Text, ScalarTypes.AnyText), "Labels of the containers."),
    ],
    []);

    private static readonly SectionShape Command = new(
    [
        Program("current", "Prints what runs and what serves, as JSON; nothing before the first release.") with { Required = true },
        Program("resolve", "Prints what the image reference means now: its digest."),
        Program("start", "Starts the new release beside the old one.") with { Required = true },
        Program("ready", "Exits 0 once the new release is ready."),
        Program("switch", "Moves traffic to the release named in its environment; must be safe to repeat.") with { Required = true },
        Program("hold", "Holds traffic."),
        Program("release", "Lets held traffic go on."),
        Program("stop", "Stops the release named in its environment; must be safe to repeat.") with { Required = true },
        Program("start_workers", "Starts the workers of the release named in its environment."),
        Program("stop_workers", "Stops the workers of the release named in its environment and waits for their end."),
        Key("within", ScalarTypes.Duration(TimeSpan.FromSeconds(1)), "The longest time that one of them may take.") with { Default = ["2m"] },
    ],
    []);

    private static readonly SectionShape ReleaseDirectory = new(
    [
        Key("path", PlaceTypes.AbsolutePath, "Holds `releases/`, `shared/` and the link `current`.") with { Required = true },
        List("shared", PlaceTypes.File, "Paths below `shared/` that every release sees at the same place, such as `media`."),
        Program("reload", "Restarts or reloads the service, after the link was switched; must be safe to repeat.") with { Required = true },
        Key("address", PlaceTypes.HttpUrl, "Where the service answers.") with { Required = true },
        Key("keep", ScalarTypes.Whole(1, 50), "How many releases that served are kept besides the one that does.") with { Default = ["5"] },
        Program("hold", "Holds traffic."),
        Program("release", "Lets held traffic go on."),
        Program("start_workers", "Starts the workers of the release that `current` names."),
        Program("stop_workers", "Stops the workers and waits for their end."),
        Key("within", ScalarTypes.Duration(TimeSpan.FromSeconds(1)), "The longest time that one of them may take.") with { Default = ["2m"] },
    ],
    []);

    public static readonly SectionShape Deploy = new(
    [
        Key("target", ScalarTypes.Choice(("docker", "docker"), ("command", "command"), ("release-directory", "release-directory"), ("none", "none")), "Where the release runs.") with
        {
            Required = true,
            NotBuilt = ["swarm", "kubernetes", "cloud-run", "app-engine", "railway"],
        },
        Key("image", PlaceTypes.Image, "The image; resolved to a digest when the plan is made.") with { RequiredWith = new("target", "docker") },
        Key("version", ScalarTypes.Text, "What the release calls itself; the image's tag where not written."),
        Key("maintenance", ScalarTypes.Choice(("never", false), ("allowed", true)),
            "Whether a release that does not fit the serving one may hold traffic; else `plan` refuses it.") with
        { Default = ["never"] },
        Key("hold_within", ScalarTypes.Duration(TimeSpan.FromSeconds(1)), "The longest time that traffic is held.") with { Default = ["60s"] },
        Section("docker", Docker, "Containers on one Docker engine.") with { RequiredWith = new("target", "docker") },
        Section("release_directory", ReleaseDirectory, "A folder of releases and a link to the one that serves.") with { RequiredWith = new("target", "release-directory") },
        Section("command", Command, "Programs that stand for a target; argument lists, never a shell line.") with { RequiredWith = new("target", "command") },
    ],
    []);

    private static ConfigField Program(string name, string prose) => List(name, ScalarTypes.AnyText, prose, least: 1);
}
