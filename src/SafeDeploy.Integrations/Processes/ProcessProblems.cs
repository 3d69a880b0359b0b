using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Processes;

/// <summary>What can go wrong before a program runs; its exit code is the caller's business.</summary>
public static class ProcessProblems
{
    public static readonly ProblemInfo NotStarted = new(
        "SD0901", "a program could not be started",
        "The first word of an argument list names no executable file, or it may not be run.",
        "Install the program, or write its full path.");

    public static ImmutableArray<ProblemInfo> All => [NotStarted];

    public static Problem CannotStart(string program, string folder, string why) => NotStarted.Occurred(
        $"\"{program}\" could not be started: {why}", $"in {folder}", "what the program would have done", "stopping this step",
        $"install \"{program}\" where safe-deploy runs, or name its full path in safe-deploy.yml");
}
