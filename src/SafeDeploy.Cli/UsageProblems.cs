using System.Collections.Immutable;
using SafeDeploy.Integrations.Hosts;
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

    public static readonly ProblemInfo UnknownCode = new(
        "SD0004", "no problem has this code",
        "explain was asked for a code that the program does not know.",
        "Copy the code from the start of the message; safe-deploy explain lists all of them.");

    public static readonly ProblemInfo Input = new(
        "SD0006", "an input of the CI step is wrong",
        "An input of the action, task or component has a value that is not accepted.",
        "action/README.md (GitHub), azdo-task/README.md (Azure Pipelines) and gitlab/README.md (GitLab) list the inputs and their values.");

    public static readonly ProblemInfo NoReport = new(
        "SD0005", "there is no deployment to report on",
        "The ledger holds no deployment of that name, or the environment has had none.",
        "safe-deploy history lists the deployments of an environment.");

    public static readonly ProblemInfo Unwritable = new(
        "SD0008", "a file of the command line cannot be written",
        "A path given on the command line cannot be written.",
        "Correct the path or its rights; relative ones start in the current folder.");

    public static ImmutableArray<ProblemInfo> All => [Wrong, Unexpected, Unreadable, UnknownCode, Input, NoReport, Unwritable];

    public static Problem NothingToReport(string environment, string? deployment) => NoReport.Occurred(
        deployment is null ? $"environment \"{environment}\" has had no deployment" : $"the ledger holds no deployment \"{deployment}\"", $"environment \"{environment}\"",
        "nothing was touched", "nothing was reported", "safe-deploy history lists the deployments");

    public static Problem NotWritten(string path, string why) => Unwritable.Occurred(
        $"\"{path}\" cannot be written: {why}", path, "what was there before", "stopping", "correct the path or its rights");

    public static Problem CodeIsNotKnown(string code, string? nearest) => UnknownCode.Occurred(
        $"no problem has the code \"{code}\"{(nearest is null ? "" : $"; the nearest is {nearest}")}", "safe-deploy explain", "nothing was touched", "nothing was explained",
        nearest is null ? "safe-deploy explain lists all codes" : $"safe-deploy explain {nearest}, or safe-deploy explain for the list");

    /// <param name="verb">What stands where a verb is expected; null when nothing does.</param>
    public static Problem NoSuchVerb(string? verb, string? nearest, IEnumerable<string> verbs) => Wrong.Occurred(
        verb is null ? "no verb was given" : $"there is no verb \"{verb}\"{(nearest is null ? "" : $"; the nearest is {nearest}")}",
        "safe-deploy", "nothing was touched", "nothing was started",
        $"one of {string.Join(", ", verbs)}; safe-deploy --help says what each does");

    public static Problem NotKnown(string word, string? nearest, string verb) => WrongLine(
        $"\"{word}\" is not known to safe-deploy{verb}{(nearest is null ? "" : $"; the nearest is {nearest}")}", verb);

    /// <param name="page">Lists the inputs of this host.</param>
    public static Problem WrongInput(WrongInput wrong, string page) => Input.Occurred(
        wrong.What, wrong.Where, "nothing was touched", "nothing was started", $"correct it; {page} lists the inputs and their values");

    public static Problem UnreadableFile(string path, string why) => Unreadable.Occurred(
        $"\"{path}\" cannot be read: {why}", path, "nothing was touched", "nothing was judged", "correct the path; relative ones start in the current folder");

    public static Problem WrongLine(string message, string verb) => Wrong.Occurred(
        string.Join(' ', message.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)), $"safe-deploy{verb}", "nothing was touched", "nothing was started", $"safe-deploy{verb} --help lists what is accepted");

    public static Problem UnexpectedError(Exception bug) => Unexpected.Occurred(
        $"unexpected {bug.GetType().Name}: {bug.Message}", "outside a step", "what the ledger has not recorded as applied", "stopping",
        "safe-deploy status shows the deployment; report this message") with
    { Evidence = bug.StackTrace ?? "" };
}
