using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>How the release runs on one Docker engine.</summary>
/// <param name="Service">Names the containers and their alias on the network.</param>
/// <param name="Port">The port that the release listens on inside its container.</param>
/// <param name="Command">Replaces the image's own command; null = the image's.</param>
/// <param name="Env">Variables of the container; wins over <paramref name="EnvFile"/>. May be empty.</param>
/// <param name="EnvFile">A file of NAME=value lines, relative to the configuration file; null = none.</param>
/// <param name="Network">An existing network; null = one that we make and keep.</param>
/// <param name="Workers">Containers of the same image that take no traffic. May be empty.</param>
/// <param name="Keep">What the former containers do until the commit point.</param>
/// <param name="Host">The engine: <c>unix:///…</c> or <c>tcp://host:port</c>.</param>
/// <param name="Registry">Null = the image is public or present.</param>
/// <param name="StopTimeout">From the polite signal to the kill.</param>
public sealed record DockerSettings(
    string Service,
    int Port,
    int Replicas,
    ImmutableArray<string>? Command,
    ImmutableSortedDictionary<string, Secret> Env,
    string? EnvFile,
    string? Network,
    ImmutableArray<WorkerSettings> Workers,
    FrontSettings Front,
    KeepPolicy Keep,
    ImmutableArray<MountSettings> Mounts,
    LimitSettings Limits,
    Uri Host,
    RegistrySettings? Registry,
    TimeSpan StopTimeout,
    ImmutableSortedDictionary<string, string> Labels);

/// <param name="Command">Never empty.</param>
public sealed record WorkerSettings(string Service, ImmutableArray<string> Command, int Replicas);

public enum KeepPolicy
{
    /// <summary>Running and drained: the way back takes under a second.</summary>
    Running,

    /// <summary>Stopped: the way back starts them first.</summary>
    Stopped,
}

/// <param name="Kind">How <paramref name="Source"/> is read.</param>
/// <param name="Source">A folder or file of the engine's machine, or a volume's name; empty for tmpfs.</param>
public sealed record MountSettings(MountKind Kind, string Source, string Target, bool ReadOnly);

public enum MountKind
{
    Bind,
    Volume,
    Tmpfs,
}

/// <param name="Memory">Null = unlimited.</param>
/// <param name="Cpus">Null = unlimited.</param>
public sealed record LimitSettings(ByteSize? Memory, decimal? Cpus);

/// <param name="Server">The registry's host; null = the image's own.</param>
public sealed record RegistrySettings(string? Server, string Username, Secret Password);

/// <summary>What stands before the containers and moves traffic between them.</summary>
public abstract record FrontSettings
{
    private FrontSettings() { }

    /// <summary>A HAProxy container of ours.</summary>
    public sealed record Managed(ListenAddress Listen, string Image) : FrontSettings;

    /// <summary>Somebody else's proxy, moved by programs (argument lists, documented environment).</summary>
    /// <param name="Switch">Moves traffic to the named release; safe to repeat.</param>
    /// <param name="Current">Prints the release that traffic goes to; null = the containers' labels are believed.</param>
    /// <param name="Hold">Holds traffic; null = cannot.</param>
    /// <param name="Release">Lets held traffic go on; null = cannot.</param>
    public sealed record External(
        ImmutableArray<string> Switch,
        ImmutableArray<string>? Current,
        ImmutableArray<string>? Hold,
        ImmutableArray<string>? Release) : FrontSettings;

    /// <summary>Nobody calls the release; it is started and stopped only.</summary>
    public sealed record None : FrontSettings;
}

/// <param name="Address">The address to bind; <c>0.0.0.0</c> = every interface.</param>
public sealed record ListenAddress(string Address, int Port)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Address}:{Port}");
}
