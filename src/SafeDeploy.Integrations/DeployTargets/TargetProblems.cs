using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.DeployTargets;

/// <summary>What can go wrong with an engine, a registry, a front, or a target made of commands.</summary>
public static partial class TargetProblems
{
    private const string ServesOn = "what serves now";
    private const string Stopping = "stopping; nothing further is changed";

    public static readonly ProblemInfo EngineAway = new("SD0601", "The Docker engine does not answer",
        "Nothing accepts connections at `deploy.docker.host`, or the connection broke.",
        "Start the engine, or correct `deploy.docker.host`. Inside a container action, mount `/var/run/docker.sock`.");

    public static readonly ProblemInfo SocketDenied = new("SD0602", "This user may not use the Docker engine's socket",
        "The socket exists, and the operating system refuses the connection.",
        "Run as a user of the socket's group (usually `docker`), or as root.");

    public static readonly ProblemInfo EngineRefused = new("SD0603", "The Docker engine refused a call",
        "The engine answered with an error; its own message is quoted.", "Correct what the engine's message names, then run again.");

    public static readonly ProblemInfo EngineSlow = new("SD0604", "The Docker engine did not finish in time",
        "A call was given up after its time limit.", "Look at the engine's load and log (`journalctl -u docker`), then run again.");

    public static readonly ProblemInfo EngineTooOld = new("SD0605", "The Docker engine is too old",
        "The engine's API is older than 1.41 (Docker 20.10).", "Upgrade the engine.");

    public static readonly ProblemInfo ImageMissing = new("SD0606", "No such image",
        "Neither the registry nor the engine knows the image reference.", "Push the image, or correct `deploy.image`.");

    public static readonly ProblemInfo RegistryDenied = new("SD0607", "The registry refused access",
        "The registry answered 401 or 403 for the image.", "Correct `deploy.docker.registry` (username, password), or the registry's permissions.");

    public static readonly ProblemInfo RegistryAway = new("SD0608", "The registry does not answer",
        "The engine could not ask the registry, and it does not hold the image itself.", "Check the registry's name and state, then run again.");

    public static readonly ProblemInfo PullFailed = new("SD0609", "The image could not be pulled",
        "The pull began and then failed; the engine reports this inside a stream that started with status 200.", "Push the image again or free disk space, as the quoted message says.");

    public static readonly ProblemInfo NameTaken = new("SD0610", "A container name is taken",
        "A container that does not belong to this service and environment has the name that is needed.", "Remove or rename it, or choose another `deploy.docker.service`.");

    public static readonly ProblemInfo EnvironmentUnreadable = new("SD0611", "The variables of the container can not be had",
        "The `env_file` is missing, unreadable or malformed, or a variable of the recorded release is no longer configured.", "Correct the file; each line is NAME=value, a comment or empty.");

    public static readonly ProblemInfo PortTaken = new("SD0612", "The front's port is in use",
        "Something else listens where the managed front should.", "Move what listens there to another port (or stop it) in a maintenance window, once; then run again.");

    public static readonly ProblemInfo FrontDiffers = new("SD0613", "The front runs with other settings",
        "`front.listen` or `front.image` changed; a front can not be replaced without a pause.", "Remove the front's container in a maintenance window; the next run makes it anew.");

    public static readonly ProblemInfo FrontSilent = new("SD0614", "The front does not answer its control connection",
        "The front's container is not running, or can not be reached from here.", "Read `docker logs` of the front; on a remote engine run where the engine runs.");

    public static readonly ProblemInfo NobodyToServe = new("SD0615", "The front reaches no instance of the slot",
        "Traffic would be moved to instances that do not accept connections.", "Read the instances' logs; the release must listen on `deploy.docker.port` on all interfaces.");

    public static readonly ProblemInfo SlotServes = new("SD0616", "The slot serves",
        "A slot that receives traffic is not removed and not replaced.", "Switch traffic away from it first.");

    public static readonly ProblemInfo NoFront = new("SD0617", "The target has no front",
        "`front.mode: none`, or a front that this configuration can not ask or hold.", "Configure `health.url`, or a front that can do it.");

    public static readonly ProblemInfo SpecUnreadable = new("SD0618", "The recorded release can not be read",
        "The ledger's description of how a release was started is not in a known form.", "Deploy the wanted version again instead of going back to it.");

    public static readonly ProblemInfo StartFailed = new("SD0619", "A container could not be started",
        "The engine made the container and could not start it.", "Correct what the engine's message names: a command that does not exist, a mount, a limit.");

    public static readonly ProblemInfo UnknownInstance = new("SD0620", "No such instance",
        "The instance is not in the slot, or has no address to ask.", "Look at `docker ps -a`, or at what `current` prints.");

    public static readonly ProblemInfo CommandFailed = new("SD0621", "A command of the target failed",
        "A program of `deploy.command` or `front` exited with another code than 0.", "Correct the program; it may be called again safely.");

    public static readonly ProblemInfo CommandSlow = new("SD0622", "A command of the target took too long",
        "A program did not exit within its time and was killed.", "Detach what it starts, or raise `within`.");

    public static readonly ProblemInfo OutputUnreadable = new("SD0623", "A command of the target printed something else than documented",
        "The state of the target, or the digest of an image, could not be read.", "Print what docs/guides/command-target.md says.");

    public static readonly ProblemInfo WorkersRemain = new("SD0625", "Workers did not end",
        "A worker still runs after its stop timeout.", "Stop it by hand, then run again.");

    public static readonly ProblemInfo ArtifactMissing = new("SD0640", "The release's files are not what was planned",
        "`deploy.image` names no folder and no .tar.gz, or its content changed since the plan was made.", "Put the release where `deploy.image` says, then plan again.");

    public static readonly ProblemInfo FolderUnusable = new("SD0641", "The folder of releases cannot be used",
        "A file or link below `deploy.release_directory.path` cannot be read, written or switched.", "Give this user the right to write there, and free space.");

    public static ImmutableArray<ProblemInfo> All { get; } =
    [
        EngineAway, SocketDenied, EngineRefused, EngineSlow, EngineTooOld, ImageMissing, RegistryDenied, RegistryAway, PullFailed,
        NameTaken, EnvironmentUnreadable, PortTaken, FrontDiffers, FrontSilent, NobodyToServe, SlotServes, NoFront, SpecUnreadable,
        StartFailed, UnknownInstance, CommandFailed, CommandSlow, OutputUnreadable, WorkersRemain,
        ArtifactMissing, FolderUnusable,
    ];
}
