using System.Globalization;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.DeployTargets;

public static partial class TargetProblems
{
    public static ProblemException EngineIsAway(string host, string why, Exception? inner) => new(
        EngineAway.Occurred($"the Docker engine does not answer: {why}", host, "every container is as it was", Stopping,
            "start the engine (sudo systemctl start docker), or correct deploy.docker.host"), inner);

    public static ProblemException SocketIsDenied(string host, Exception? inner) => new(
        SocketDenied.Occurred("the operating system refuses this user the engine's socket", host, "every container is as it was", Stopping,
            "add the user to the socket's group (sudo usermod -aG docker \"$USER\", then log in again), or run as root"), inner);

    public static ProblemException EngineRefusedCall(string call, int status, string message) => new(
        EngineRefused.Occurred($"the Docker engine answered {Text(status)}: {message}", call, ServesOn, Stopping,
            "correct what the engine's message names, then run again"));

    public static ProblemException EngineTookTooLong(string call, TimeSpan limit, Exception? inner) => new(
        EngineSlow.Occurred($"the Docker engine did not finish within {Text(limit.TotalSeconds)} s", call, ServesOn, Stopping,
            "look at the engine's load and log (journalctl -u docker), then run again"), inner);

    public static ProblemException EngineIsTooOld(string host, string api) => new(
        EngineTooOld.Occurred($"the Docker engine speaks API {api}; 1.41 (Docker 20.10) is the oldest that is known to work", host,
            "every container is as it was", Stopping, "upgrade the engine"));

    public static ProblemException ImageIsMissing(string reference, string message) => new(
        ImageMissing.Occurred($"no image \"{reference}\": {message}", "deploy.image", ServesOn, Stopping, $"push it: docker push {reference}"));

    public static ProblemException RegistryDenies(string reference, int status, string message) => new(
        RegistryDenied.Occurred($"the registry refused access to \"{reference}\" ({Text(status)}): {message}", "deploy.docker.registry", ServesOn, Stopping,
            "correct deploy.docker.registry (username, password), or the registry's permissions"));

    public static ProblemException RegistryIsAway(string reference, string message) => new(
        RegistryAway.Occurred($"the registry of \"{reference}\" does not answer, and the engine does not hold the image: {message}", "deploy.image",
            ServesOn, Stopping, "check the registry's name and state, then run again"));

    public static ProblemException PullHasFailed(string reference, string message) => new(
        PullFailed.Occurred($"pulling \"{reference}\" failed: {message}", "deploy.image", ServesOn, Stopping,
            "push the image again, or free disk space on the engine, as the message says"));

    public static ProblemException NameIsTaken(string name, string owner) => new(
        NameTaken.Occurred($"the container name \"{name}\" is taken by {owner}", "deploy.docker.service", ServesOn, Stopping,
            $"rename it (docker rename {name} {name}-old), or choose another deploy.docker.service"));

    public static ProblemException StartHasFailed(string name, string message, string evidence) => new(
        StartFailed.Occurred($"container \"{name}\" could not be started: {message}", $"container {name}", ServesOn, Stopping,
            "correct what the engine's message names, then run again") with
        { Evidence = evidence });

    public static ProblemException EnvFileIsUnreadable(string file, string why) => new(
        EnvironmentUnreadable.Occurred($"the variables of the container can not be read: {why}", file, ServesOn, Stopping,
            "correct deploy.docker.env_file or the file; each line is NAME=value, a comment or empty"));

    public static ProblemException VariableIsGone(string name, string version) => new(
        EnvironmentUnreadable.Occurred($"release \"{version}\" was started with variable \"{name}\", which is no longer configured, and its containers are gone",
            "deploy.docker.env", ServesOn, Stopping, $"set {name} again, then run again"));

    public static ProblemException SpecCanNotBeRead(string why) => new(
        SpecUnreadable.Occurred($"how the release was started can not be read from the ledger: {why}", "ledger, start-release", ServesOn, Stopping,
            "deploy the wanted version again instead of going back to it"));

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
