using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;

namespace SafeDeploy.Pipeline;

/// <summary>Why a named release cannot be gone back to.</summary>
public static class RollbackProblems
{
    private const int Listed = 10;
    private const string NothingTouched = "nothing was touched: database, containers and traffic are as they were";

    public static readonly ProblemInfo UnknownRelease = new(
        "SD0815", "the release to go back to is not in the ledger",
        "`rollback --to` takes a version, or an image digest, that was released in this environment.",
        "Take one of the releases that the message lists, or deploy the release with `safe-deploy run`.");

    public static readonly ProblemInfo ServesAlready = new(
        "SD0816", "the release to go back to serves already",
        "It is the last committed release of the environment and nothing came after it.",
        "Nothing has to be done; for an older one take a release that the message lists.");

    public static readonly ProblemInfo NothingBefore = new(
        "SD0817", "no release served before the one that serves",
        "There is nothing between the first release and nothing.",
        "`safe-deploy rollback` without --to removes a first release; another one is deployed with `safe-deploy run`.");

    public static readonly ProblemInfo NotOnTheWay = new(
        "SD0818", "the release to go back to never came to serve, or was left by a rollback",
        "A rollback follows the releases that led to the one that serves now. A failed release, and one that an earlier rollback went past, is not among them.",
        "Deploy it with `safe-deploy run`, or take a release that the message lists.");

    public static readonly ProblemInfo HowItRan = new(
        "SD0819", "how the release ran is not recorded",
        "No deployment after it saw it serve, so the containers it had are unknown: somebody deployed past the ledger meanwhile.",
        "Deploy it with `safe-deploy run`.");

    public static readonly ProblemInfo AnotherWay = new(
        "SD0820", "another rollback of this deployment has begun and not ended",
        "Its decision may be half executed. A second one with another end would undo what is no longer there.",
        "Finish it with `safe-deploy rollback`, then go where you want.");

    public static ImmutableArray<ProblemInfo> All => [UnknownRelease, ServesAlready, NothingBefore, NotOnTheWay, HowItRan, AnotherWay];

    /// <summary>Why the chain has no such target.</summary>
    public static Problem Unreachable(string environment, ReleaseChain chain, string to)
    {
        var place = $"--to {to}, environment \"{environment}\"";
        var next = chain.Targets.IsEmpty
            ? "deploy the release you want: safe-deploy run"
            : $"take one of these, newest first: {List(chain)}";
        if (chain.Serves(to))
            return ServesAlready.Occurred($"{chain.Served[0].To.Display} serves already", place, NothingTouched, "nothing", next);
        if (chain.Targets.IsEmpty && chain.Served is [var only, ..])
            return NothingBefore.Occurred($"{only.To.Display} is the first release of \"{environment}\": none served before it", place, NothingTouched, "nothing", next);
        return chain.Knows(to)
            ? NotOnTheWay.Occurred($"{to} is no release that led to what serves now", place, NothingTouched, "nothing", next)
            : UnknownRelease.Occurred($"{to} was never released in \"{environment}\"", place, NothingTouched, "nothing", next);
    }

    public static Problem NotRecorded(DeploymentSummary target) => HowItRan.Occurred(
        $"no deployment after {target.To.Display} saw it serve", $"deployment \"{target.Id}\" and those after it", NothingTouched, "nothing",
        $"deploy {target.To.Version}: safe-deploy run");

    public static Problem AnotherBegun(string environment, string begun, string to) => AnotherWay.Occurred(
        $"a rollback to {begun} has begun; it is finished before one to {to}", $"environment \"{environment}\"", NothingTouched, "nothing",
        "finish it: safe-deploy rollback");

    private static string List(ReleaseChain chain)
    {
        var shown = string.Join(", ", chain.Targets.Take(Listed).Select(d => d.To.Display));
        return chain.Targets.Length > Listed ? string.Create(CultureInfo.InvariantCulture, $"{shown} and {chain.Targets.Length - Listed} more") : shown;
    }
}
