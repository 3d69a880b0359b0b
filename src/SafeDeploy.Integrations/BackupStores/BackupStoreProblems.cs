using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.BackupStores;

/// <summary>Why sets can not be kept, found or read in their store (SD05xx).</summary>
public static class BackupStoreProblems
{
    private const string Untouched = "the database is only read; nothing that looks like a backup set was left";
    private const string Stopping = "stopping before any schema is touched";

    public static readonly ProblemInfo StoreUnusable = new("SD0503", "the backup store can not be written",
        "The folder of backup.store does not exist and can not be made, or refuses a file.", "Create it, or give this user the right to write there.");

    public static readonly ProblemInfo BadName = new("SD0511", "a backup set can not have this name",
        "Names are letters, digits, dots, dashes and underscores, at most 128.", "Choose another name.");

    public static readonly ProblemInfo DiesWithContainer = new("SD0512", "the backup store does not survive this container",
        "The folder of backup.store lies on the container's own file system or in memory: it is gone when the container is.",
        "Mount a folder or volume of the host there, or use host:///, a bucket or a command as the store.");

    public static readonly ProblemInfo StoreFailed = new("SD0513", "the backup store failed",
        "The bucket or the program that keeps the sets refused a file, or answered with an error.",
        "Read the evidence; try the same access by hand.");

    public static ImmutableArray<ProblemInfo> All { get; } = [StoreUnusable, BadName, DiesWithContainer, StoreFailed];

    public static Problem Unusable(string store, string evidence) => StoreUnusable.Occurred(
        "the folder of backup.store can not be written", store, Untouched, Stopping, $"mkdir -p {store} and let this user write there") with
    { Evidence = evidence };

    public static Problem NameRefused(string set) => BadName.Occurred(
        $"\"{set}\" can not name a backup set", "the name of the set", "nothing was changed", Stopping, "use letters, digits, dots, dashes and underscores");

    public static Problem Perishes(string store, string mount) => DiesWithContainer.Occurred(
        $"backup.store lies on {mount}, which is gone when this container is", store, Untouched, Stopping,
        $"start the container with a host's folder or a volume at {store}, or choose host://{store}, s3:// or a command as backup.store");

    public static Problem Refused(string place, string what, string evidence, string next = "read its words below, then run again") => StoreFailed.Occurred(
        what, place, Untouched, Stopping, next) with
    { Evidence = evidence };
}
