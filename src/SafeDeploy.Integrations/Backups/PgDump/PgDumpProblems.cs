using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Why there is no backup, or not one to rely on (SD05xx).</summary>
public static class PgDumpProblems
{
    private const string Untouched = "the database is only read; nothing that looks like a backup set was left";
    private const string Stopping = "stopping before any schema is touched";

    public static readonly ProblemInfo ToolMissing = new("SD0501", "a client tool is not installed",
        "pg_dump or pg_restore does not start on this machine.", "Install the PostgreSQL client tools of the server's major version or newer.");

    public static readonly ProblemInfo ToolTooOld = new("SD0502", "pg_dump is older than the server",
        "pg_dump refuses servers of a newer major version.", "Install client tools of the server's major version or newer.");

    public static readonly ProblemInfo StoreUnusable = new("SD0503", "the backup store can not be written",
        "The folder of backup.store does not exist and can not be made, or refuses a file.", "Create it, or give this user the right to write there.");

    public static readonly ProblemInfo NoSpace = new("SD0504", "not enough space in the backup store",
        "The disk of the store has less free than the backup may need, or became full while it was written.", "Free space, or choose another store.");

    public static readonly ProblemInfo DumpFailed = new("SD0505", "pg_dump failed",
        "It ended with an error; its own words are the evidence.", "Read the evidence; try the same command by hand.");

    public static readonly ProblemInfo ChangedMeanwhile = new("SD0506", "tables were truncated or rewritten while the backup was taken",
        "A table's storage changed after the snapshot, so the dump of it may be empty although pg_dump succeeded.",
        "Stop the job that truncates or rewrites tables, then take the backup again.");

    public static readonly ProblemInfo SnapshotLost = new("SD0507", "the backup's snapshot was lost",
        "The session that holds the snapshot ended: the server stopped, or somebody terminated it.", "Look at the server's log, then run again.");

    public static readonly ProblemInfo Damaged = new("SD0508", "a backup set is damaged",
        "A part is missing, or differs from the hash in its manifest, or its archive can not be listed.",
        "Do not rely on this set; take a new backup.");

    public static readonly ProblemInfo NoSuchSet = new("SD0509", "there is no such backup set",
        "The store has no complete set of this name.", "List the store's folders; a set has a manifest.json.");

    public static readonly ProblemInfo SchemaMissing = new("SD0510", "a schema to back up does not exist",
        "A tenant was dropped, or never was, between the plan and the backup.", "Correct the list of tenants, then run again.");

    public static readonly ProblemInfo BadName = new("SD0511", "a backup set can not have this name",
        "Names are letters, digits, dots, dashes and underscores, at most 128.", "Choose another name.");

    public static ImmutableArray<ProblemInfo> All { get; } =
        [ToolMissing, ToolTooOld, StoreUnusable, NoSpace, DumpFailed, ChangedMeanwhile, SnapshotLost, Damaged, NoSuchSet, SchemaMissing, BadName];

    public static Problem Missing(string tool, string evidence) => ToolMissing.Occurred(
        $"\"{tool}\" does not start", tool, Untouched, Stopping,
        "install the PostgreSQL client tools (Debian: apt-get install postgresql-client)") with { Evidence = evidence };

    public static Problem TooOld(string tool, int toolMajor, int serverMajor) => ToolTooOld.Occurred(
        $"{tool} is version {toolMajor}, the server is {serverMajor}", tool, Untouched, Stopping,
        $"install client tools {serverMajor} or newer (Debian: apt-get install postgresql-client-{serverMajor})");

    public static Problem Unusable(string store, string evidence) => StoreUnusable.Occurred(
        "the folder of backup.store can not be written", store, Untouched, Stopping, $"mkdir -p {store} and let this user write there") with { Evidence = evidence };

    public static Problem TooSmall(string store, long needed, long free) => NoSpace.Occurred(
        $"{Megabytes(free)} free, the backup may need {Megabytes(needed)}", store, Untouched, Stopping, "free space there, or choose another backup.store");

    public static Problem Full(string store, long free, string evidence) => NoSpace.Occurred(
        $"the disk became full while the backup was written ({Megabytes(free)} free)", store, Untouched, Stopping,
        "free space there, or choose another backup.store") with { Evidence = evidence };

    public static Problem Failed(string part, int exitCode, string evidence) => DumpFailed.Occurred(
        $"pg_dump of part \"{part}\" ended with exit code {exitCode}", part, Untouched, Stopping, "read its words below, then run again") with { Evidence = evidence };

    public static Problem Changed(IReadOnlyCollection<string> tables) => ChangedMeanwhile.Occurred(
        $"{tables.Count} tables were truncated or rewritten while they were dumped, twice in a row",
        string.Join(", ", tables.Take(5)) + (tables.Count > 5 ? $" and {tables.Count - 5} more" : ""),
        Untouched, Stopping, "stop the job that truncates or rewrites them, then run again");

    public static Problem LostSnapshot(string evidence) => SnapshotLost.Occurred(
        "the session that holds the backup's snapshot ended before the dump did", "the target database", Untouched, Stopping,
        "look at the server's log, then run again") with { Evidence = evidence };

    public static Problem DamagedPart(string set, string part, string why) => Damaged.Occurred(
        $"part \"{part}\" of set \"{set}\" {why}", $"{set}/{part}", "the database is not touched by reading a backup", Stopping,
        "do not rely on this set; take a new backup");

    public static Problem Unknown(string set, string store) => NoSuchSet.Occurred(
        $"the store has no complete set \"{set}\"", store, "nothing was changed", Stopping, $"ls {store}");

    public static Problem NoSchemas(IReadOnlyCollection<string> schemas) => SchemaMissing.Occurred(
        $"{schemas.Count} schemas to back up do not exist", string.Join(", ", schemas.Take(5).Select(s => $"\"{s}\"")) + (schemas.Count > 5 ? ", …" : ""),
        Untouched, Stopping, "correct the list of tenants, then run again");

    public static Problem NameRefused(string set) => BadName.Occurred(
        $"\"{set}\" can not name a backup set", "the name of the set", "nothing was changed", Stopping, "use letters, digits, dots, dashes and underscores");

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MB");
}
