using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>What the post step of a CI job has to say.</summary>
public static class HookProblems
{
    public static readonly ProblemInfo Bad = new(
        "SD0840", "the job failed or was cancelled before the commit point",
        "A step of the job failed, or the job was cancelled or timed out, while the deployment was not yet committed.",
        "Read what failed in the job; the way back is decided from the ledger.");

    public static readonly ProblemInfo BoxIsOver = new(
        "SD0841", "the time for the automatic rollback is over",
        "A CI system ends a cancelled job after some minutes. The scope under way was finished and no further one begun.",
        "Run `safe-deploy recover` (in a second job, or by hand): it goes on with the first action that is missing.");

    public static readonly ProblemInfo UnknownStatus = new(
        "SD0842", "the job's status is no word that a CI system says",
        "The hook decides by how the job ended; with an unknown word it decides nothing.",
        "Leave the input job-status alone; its default is the job's status.");

    public static ImmutableArray<ProblemInfo> All => [Bad, BoxIsOver, UnknownStatus];

    public static Problem JobEnded(string step) => Bad.Occurred(
        "the job failed or was cancelled before the commit point", $"post step of {step}", "what the ledger has not recorded as applied",
        "taking this run's deployment back", "read what failed in the job");

    public static Problem TimeIsOver(DeploymentId deployment, TimeSpan within, bool byTime) => BoxIsOver.Occurred(
        byTime
            ? string.Create(CultureInfo.InvariantCulture, $"the rollback of deployment \"{deployment}\" did not end within {within.TotalSeconds:0.#} s")
            : $"the rollback of deployment \"{deployment}\" was told to stop",
        "post step of the job", "what was not reached yet is as the deployment left it", "stopping after the current scope: nothing is half done",
        "run safe-deploy recover: it goes on where this stopped");

    public static Problem NoSuchStatus(string word) => UnknownStatus.Occurred(
        $"job status \"{word}\" is not known", "input job-status", "nothing was touched", "deciding nothing",
        "leave job-status alone: success, failure, cancelled");
}
