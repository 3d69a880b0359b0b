using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Cli;

/// <summary>What the front door itself has to say.</summary>
public static class UsageProblems
{
    public static readonly ProblemInfo Wrong = new(
        "SD0001", "the command line is wrong",
        "An option, a value or a verb is not known.",
        "safe-deploy VERB --help lists what is accepted.");

    public static readonly ProblemInfo Unexpected = new(
        "SD0002", "an unexpected error",
        "The program met a case it does not know, outside a step. What a deployment had applied by then is in the ledger.",
        "safe-deploy status shows the deployment; report the message.");

    public static readonly ProblemInfo Unreadable = new(
        "SD0003", "a file of the command line cannot be read",
        "A path given on the command line names no readable file.",
        "Correct the path; relative ones start in the current folder.");

    public static ImmutableArray<ProblemInfo> All => [Wrong, Unexpected, Unreadable];

    public static Problem UnreadableFile(string path, string why) => Unreadable.Occurred(
        $"\"{path}\" cannot be read: {why}", path, "nothing was touched", "nothing was judged", "correct the path; relative ones start in the current folder");

    public static Problem WrongLine(string message, string verb) => Wrong.Occurred(
        message, $"safe-deploy{verb}", "nothing was touched", "nothing was started", $"safe-deploy{verb} --help lists what is accepted");

    public static Problem UnexpectedError(Exception bug) => Unexpected.Occurred(
        $"unexpected {bug.GetType().Name}: {bug.Message}", "outside a step", "what the ledger has not recorded as applied", "stopping",
        "safe-deploy status shows the deployment; report this message") with { Evidence = bug.StackTrace ?? "" };
}
