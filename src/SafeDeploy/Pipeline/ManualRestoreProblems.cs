using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Pipeline;

/// <summary>Why <c>restore</c> does nothing (SD05xx).</summary>
public static class ManualRestoreProblems
{
    private const string Nothing = "nothing was changed";
    private const string Refusing = "refusing to restore";

    public static readonly ProblemInfo OtherDatabase = new("SD0525", "the set is of another project or environment",
        "The manifest names another project or environment than the configuration.", "Choose a set of this environment: safe-deploy restore --list.");

    public static readonly ProblemInfo StoreMissing = new("SD0526", "there is no backup store to restore from",
        "The configuration has no backup section.", "Add backup.store to safe-deploy.yml.");

    public static readonly ProblemInfo Unanswered = new("SD0527", "nobody said yes to a restore",
        "A restore replaces live data: it is done only when a person answers, or with --yes.", "Read what would be lost, then add --yes.");

    public static readonly ProblemInfo Unchosen = new("SD0528", "no set was chosen",
        "restore does nothing until a set and what to bring back are named.", "Choose one of the sets listed: --set NAME with --tenant NAME, --everything or --files.");

    public static readonly ProblemInfo NoSetYet = new("SD0529", "there is no backup set yet",
        "The store has no complete set of this project and environment.", "Take one: safe-deploy backup.");

    public static ImmutableArray<ProblemInfo> All { get; } = [OtherDatabase, StoreMissing, Unanswered, Unchosen, NoSetYet];

    public static Problem Foreign(BackupSet set) => OtherDatabase.Occurred(
        $"set \"{set.Name}\" is of project \"{set.Label.Project}\", environment \"{set.Label.Environment}\"", $"set \"{set.Name}\"", Nothing, Refusing,
        "safe-deploy restore --list");

    public static Problem NoStore() => StoreMissing.Occurred(
        "the configuration has no backup section", "safe-deploy.yml", Nothing, Refusing, "add backup.store");

    public static Problem NoSet(string environment) => NoSetYet.Occurred(
        $"environment \"{environment}\" has no backup set", "backup.store", Nothing, "stopping", "safe-deploy backup");

    public static Problem NotConfirmed(string what) => Unanswered.Occurred(
        $"{what} was not confirmed", "the command line", Nothing, Refusing, "read what would be lost above, then add --yes");

    public static Problem NotChosen(int sets) => Unchosen.Occurred(
        string.Create(CultureInfo.InvariantCulture, $"no set and nothing to bring back was named; there are {sets} sets"), "the command line", Nothing, Refusing,
        "safe-deploy restore --set NAME with --tenant NAME, --everything or --files");
}
