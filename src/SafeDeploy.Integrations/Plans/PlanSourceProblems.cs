using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Plans;

/// <summary>What can go wrong with what a plan is made from.</summary>
public static class PlanSourceProblems
{
    private const string NothingTouched = "nothing was touched";

    public static readonly ProblemInfo BaseUnknown = new(
        "SD0470", "git does not know what the change is compared with",
        "--git-base names a commit, and its last common ancestor with what is checked out is needed; a shallow clone may not have it.",
        "Fetch the branch with its history: git fetch --unshallow, or fetch-depth: 0 where a workflow checks out.");

    public static readonly ProblemInfo StatisticsUnusable = new(
        "SD0471", "the exported statistics cannot be used",
        "The file that plan --export-statistics wrote is missing, damaged, or of another version.",
        "Write it anew: safe-deploy plan --export-statistics.");

    public static readonly ProblemInfo FileExists = new(
        "SD0472", "a file that would be written exists already",
        "plan --fix writes new files beside the old ones and never over one that is there.",
        "Remove the file that is named, or give it another version.");

    public static ImmutableArray<ProblemInfo> All => [BaseUnknown, StatisticsUnusable, FileExists];

    public static Problem NoSuchBase(string reference, string evidence) => BaseUnknown.Occurred(
        $"git does not find a common ancestor of \"{reference}\" and what is checked out", "--git-base", NothingTouched, "nothing was judged",
        "name a commit that is there, or fetch its history: git fetch --unshallow (fetch-depth: 0 in a workflow)") with
    { Evidence = evidence };

    public static Problem NoStatistics(string path, string why) => StatisticsUnusable.Occurred(
        $"\"{path}\" cannot be used: {why}", path, NothingTouched, "nothing was judged", "write it anew where the database can be reached: safe-deploy plan --export-statistics");

    public static Problem Exists(string path) => FileExists.Occurred(
        $"\"{path}\" exists already", path, "nothing was written, and no file was changed", "nothing", "remove it, or give the migration another version");
}
