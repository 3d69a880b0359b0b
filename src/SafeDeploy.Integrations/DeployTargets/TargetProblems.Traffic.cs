using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.DeployTargets;

public static partial class TargetProblems
{
    public static ProblemException PortIsTaken(string listen, string by, string next) => new(
        PortTaken.Occurred($"the front can not listen on {listen}: {by} does", "deploy.docker.front.listen", "what listens there now", Stopping, next));

    public static ProblemException FrontHasOtherSettings(string front, string setting, string runs, string wanted) => new(
        FrontDiffers.Occurred($"the front \"{front}\" runs with {setting} {runs}, the configuration says {wanted}; it can not be replaced without a pause",
            $"deploy.docker.front.{setting}", "the front and what it serves", Stopping,
            $"in a maintenance window: docker rm -f {front}, then run again"));

    public static ProblemException FrontIsSilent(string front, string why, Exception? inner = null) => new(
        FrontSilent.Occurred($"the front \"{front}\" does not answer its control connection: {why}", $"container {front}", "traffic goes where it went", Stopping,
            $"read its log: docker logs --tail 50 {front}"), inner);

    public static ProblemException NobodyServes(string slot, string why, string evidence) => new(
        NobodyToServe.Occurred($"traffic was not moved to {slot}: {why}", $"slot {slot}", "traffic goes where it went", Stopping,
            "make the release listen on deploy.docker.port on all interfaces, then run again") with
        { Evidence = evidence });

    public static ProblemException SlotIsServing(string slot, string verb) => new(
        SlotServes.Occurred($"slot {slot} gets traffic and is not {verb}", $"slot {slot}", ServesOn, Stopping, "switch traffic to the other slot first"));

    public static ProblemException HasNoFront(string what) => new(
        NoFront.Occurred($"this target has no front that {what}", "deploy", ServesOn, Stopping,
            "configure a front that can, or health.url where only the question is missing"));

    public static ProblemException InstanceIsUnknown(string instance, string slot, string why) => new(
        UnknownInstance.Occurred($"instance \"{instance}\" of slot {slot} can not be asked: {why}", $"slot {slot}", ServesOn, Stopping,
            "look at what runs: docker ps --all"));

    public static ProblemException CommandHasFailed(string action, int exitCode, string program, string evidence) => new(
        CommandFailed.Occurred($"\"{action}\" exited with code {Text(exitCode)}", program, "what the program itself did not touch", Stopping,
            "correct the program, then run again; it may be called again safely") with
        { Evidence = evidence });

    public static ProblemException CommandTookTooLong(string action, TimeSpan within, string program, string evidence) => new(
        CommandSlow.Occurred($"\"{action}\" did not exit within {Text(within.TotalSeconds)} s and was killed", program, "what the program itself did not touch", Stopping,
            "detach what it starts (setsid, systemd-run), or raise deploy.command.within") with
        { Evidence = evidence });

    public static ProblemException PrintedSomethingElse(string action, string why, string program, string evidence) => new(
        OutputUnreadable.Occurred($"\"{action}\" printed something else than what is documented: {why}", program, ServesOn, Stopping,
            "print what docs/guides/command-target.md says") with
        { Evidence = evidence });

    public static ProblemException WorkersDidNotEnd(string slot, string names) => new(
        WorkersRemain.Occurred($"workers of slot {slot} still run: {names}", $"slot {slot}", ServesOn, Stopping,
            $"stop them by hand (docker stop {names}), then run again"));
}
