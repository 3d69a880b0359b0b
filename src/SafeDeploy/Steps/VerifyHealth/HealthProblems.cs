using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Why a release is not believed to be well (SD07xx).</summary>
public static class HealthProblems
{
    private const string NotSwitched = "no traffic was moved: what served before still serves";
    private const string Stopping = "ending this step; the way back is decided from the ledger";

    public static readonly ProblemInfo Exited = new("SD0701", "an instance exited",
        "A container or process of the release ended by itself while it should become ready or serve.",
        "Read its last lines below; run the image by hand with the same environment.");

    public static readonly ProblemInfo OutOfMemory = new("SD0702", "an instance ran out of memory",
        "The engine killed it at its memory limit.", "Raise deploy.docker.limits.memory or lower what the release uses.");

    public static readonly ProblemInfo Restarting = new("SD0703", "an instance restarts again and again",
        "It ended by itself and was started again.", "Read its last lines below; run the image by hand.");

    public static readonly ProblemInfo NotReady = new("SD0704", "the release did not become ready",
        "An instance answered, and not with success, until health.within was over.",
        "Ask its readiness path by hand; raise health.within if it only needs longer.");

    public static readonly ProblemInfo NoAnswer = new("SD0705", "an instance does not answer",
        "It runs, and its port refuses or its answer does not come.", "Check deploy.docker.port and what the release waits for when it starts.");

    public static readonly ProblemInfo WrongVersion = new("SD0706", "another version answers",
        "What answers names another release than the one that was deployed.",
        "Check that the image was built from the release, and that health.version_header is set by the build.");

    public static readonly ProblemInfo NoVersion = new("SD0707", "the release does not say its version",
        "health.version_header or health.version_path is configured, and the answer does not carry it.",
        "Send the header from the release, or remove the key.");

    public static readonly ProblemInfo NoInstance = new("SD0708", "no instance is there",
        "The slot is empty though a release was started in it.", "Look at the engine; start the deployment again.");

    public static readonly ProblemInfo GateFailed = new("SD0710", "a health gate failed",
        "A critical gate's reading is outside its threshold.", "Read the evidence; correct the release, or the gate.");

    public static readonly ProblemInfo GateOpen = new("SD0711", "a health gate could not be judged",
        "There was no data, or too little, and health.on_inconclusive does not let that pass.",
        "Give the gate its data, or set health.on_inconclusive to hold or pass.");

    public static readonly ProblemInfo SoakBroken = new("SD0712", "a health gate failed during the soak",
        "The release was well after the switch and did not stay so until the end of health.soak.",
        "Read the evidence; correct the release, or the gate.");

    public static ImmutableArray<ProblemInfo> All { get; } =
        [Exited, OutOfMemory, Restarting, NotReady, NoAnswer, WrongVersion, NoVersion, NoInstance, GateFailed, GateOpen, SoakBroken];

    public static Problem InstanceExited(InstanceState instance, string slot) => Exited.Occurred(
        $"instance \"{instance.Name}\" exited{(instance.ExitCode is { } code ? $" with code {code}" : "")} instead of serving",
        $"slot {slot}, instance {instance.Name}", NotSwitched, Stopping, "read its last lines below and correct the release") with
    { Evidence = instance.LastLog };

    public static Problem InstanceOutOfMemory(InstanceState instance, string slot) => OutOfMemory.Occurred(
        $"instance \"{instance.Name}\" was killed at its memory limit", $"slot {slot}, instance {instance.Name}", NotSwitched, Stopping,
        "raise deploy.docker.limits.memory, or lower what the release uses") with
    { Evidence = instance.LastLog };

    public static Problem InstanceRestarts(InstanceState instance, string slot) => Restarting.Occurred(
        $"instance \"{instance.Name}\" ended and was started again ({instance.Restarts} restarts)",
        $"slot {slot}, instance {instance.Name}", NotSwitched, Stopping, "read its last lines below and correct the release") with
    { Evidence = instance.LastLog };

    public static Problem SlotEmpty(string slot) => NoInstance.Occurred(
        $"slot {slot} holds no instance of the release", $"slot {slot}", NotSwitched, Stopping, "look at the engine's own log, then deploy again");

    /// <param name="path">What was asked.</param>
    /// <param name="lastLog">May be empty.</param>
    public static Problem StillNotReady(string slot, string instance, int ready, int total, string path, HttpAnswer answer, TimeSpan within, string lastLog)
    {
        var info = answer.Status == 0 ? NoAnswer : NotReady;
        var said = answer.Status == 0 ? $"no answer: {answer.Error}" : $"status {answer.Status}{FirstLine(answer.Body)}";
        return info.Occurred(
            $"{total - ready} of {total} instances not ready within {Duration.Text(within)}: {said}",
            $"slot {slot}, instance {instance}: GET {path}", NotSwitched, Stopping,
            answer.Status == 0
                ? "check deploy.docker.port and what the release waits for when it starts"
                : $"ask {path} by hand; raise health.within if the release only needs longer") with
        { Evidence = lastLog };
    }

    public static Problem AnswersAs(string where, string expected, string found, string lastLog) => WrongVersion.Occurred(
        $"version \"{found}\" answers where \"{expected}\" was deployed", where, NotSwitched, Stopping,
        "check that the image was built from this release; the version must come from the build") with
    { Evidence = lastLog };

    public static Problem SaysNoVersion(string where, string proof) => NoVersion.Occurred(
        $"the answer does not name its version in {proof}", where, NotSwitched, Stopping, "send it from the release, or remove the key from health");

    /// <param name="subject">Who was asked: <c>previous</c>, <c>new</c> or <c>front</c>.</param>
    /// <param name="soaked">How long the gates had held, or null before the soak.</param>
    public static Problem Unhealthy(string subject, HealthVerdict.Unhealthy verdict, TimeSpan? soaked)
    {
        var first = verdict.Reasons[0];
        var isOpen = first.Verdict == Verdict.Inconclusive;
        var info = isOpen ? GateOpen : soaked is { } held && held > TimeSpan.Zero ? SoakBroken : GateFailed;
        var others = verdict.Reasons.Length == 1 ? "" : $" (and {verdict.Reasons.Length - 1} more)";
        var when = info == SoakBroken ? $" after {Duration.Text(TimeSpan.FromSeconds((long)soaked!.Value.TotalSeconds))} of soak" : "";
        return info.Occurred(
            $"gate \"{first.Gate}\" {(isOpen ? "could not be judged" : "failed")}{when}: {first.Measured}{others}",
            $"gate {first.Gate}, asked of {Subject(subject)}; threshold: {first.Threshold}",
            subject == "new" ? NotSwitched : "reading changed nothing",
            Stopping,
            isOpen ? "give the gate its data, or set health.on_inconclusive" : "read the evidence; correct the release, or the gate") with
        { Evidence = string.Join('\n', verdict.Reasons.Select(Line)) };
    }

    /// <summary>One reading as people see it.</summary>
    public static string Line(GateReading reading) =>
        $"{reading.Gate}: {Word(reading.Verdict)}, {reading.Measured} (threshold {reading.Threshold}){(reading.Detail.Length == 0 ? "" : $"; {reading.Detail}")}";

    public static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Pass => "pass",
        Verdict.Fail => "fail",
        _ => "inconclusive",
    };

    /// <summary>The first line of a body, cut, for a message; empty when there is none.</summary>
    public static string FirstLine(string body)
    {
        var line = body.AsSpan().Trim().ToString().Split('\n')[0].Trim();
        return line.Length == 0 ? "" : line.Length <= 120 ? $", \"{line}\"" : $", \"{line[..119]}…\"";
    }

    private static string Subject(string subject) => subject switch
    {
        "new" => "the new release's instances",
        "previous" => "the release that serves",
        _ => "the front door",
    };
}
