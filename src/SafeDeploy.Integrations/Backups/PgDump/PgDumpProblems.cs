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

    public static readonly ProblemInfo FileMissing = new("SD0514", "a file that belongs to the backup can not be read",
        "A configured file or folder does not exist, or this user may not read it.", "Correct backup.files, or the rights of the file.");

    public static readonly ProblemInfo NotProved = new("SD0515", "a set that was restored is not what was backed up",
        "The scratch database could not be restored from the set, or its fingerprints differ from the manifest's.",
        "Do not rely on this set; take a new backup and verify it by restore.");

    public static readonly ProblemInfo NoScratch = new("SD0516", "a scratch database could not be made",
        "verify: restore makes a database of its own, restores the set into it, compares and drops it.",
        "Give the user CREATEDB, or name a server for it in backup.scratch.");

    public static readonly ProblemInfo NoFacts = new("SD0517", "the set says too little to be restored and compared",
        "It was taken by a version that kept no fingerprints in the manifest.", "Take a new backup; an old set is restored by hand, as docs/steps/backup.md shows.");

    public static readonly ProblemInfo RestoreBroke = new("SD0518", "restoring a set broke off",
        "pg_restore ended with an error: the server went away, or refused a statement of the archive.",
        "Read its words; look at the server's log; try again. A set that is refused twice is not to be relied on.");

    public static ImmutableArray<ProblemInfo> All { get; } =
    [
        ToolMissing, ToolTooOld, NoSpace, DumpFailed, ChangedMeanwhile, SnapshotLost, Damaged, NoSuchSet, SchemaMissing, FileMissing, NotProved, NoScratch, NoFacts,
        RestoreBroke,
    ];

    public static Problem Missing(string tool, string evidence) => ToolMissing.Occurred(
        $"\"{tool}\" does not start", tool, Untouched, Stopping,
        "install the PostgreSQL client tools (Debian: apt-get install postgresql-client)") with
    { Evidence = evidence };

    public static Problem TooOld(string tool, int toolMajor, int serverMajor) => ToolTooOld.Occurred(
        $"{tool} is version {toolMajor}, the server is {serverMajor}", tool, Untouched, Stopping,
        $"install client tools {serverMajor} or newer (Debian: apt-get install postgresql-client-{serverMajor})");

    /// <param name="how">How the need was reckoned.</param>
    public static Problem TooSmall(string store, long needed, long free, string how) => NoSpace.Occurred(
        $"{Megabytes(free)} free, the backup may need {Megabytes(needed)}: {how}", store, Untouched, Stopping, "free space there, or choose another backup.store");

    public static Problem Full(string store, long free, long floor, string evidence) => NoSpace.Occurred(
        $"the disk became full while the backup was written: {Megabytes(free)} free, it stops below {Megabytes(floor)}", store, Untouched, Stopping,
        "free space there, or choose another backup.store") with
    { Evidence = evidence };

    public static Problem Failed(string part, int exitCode, string evidence) => DumpFailed.Occurred(
        $"pg_dump of part \"{part}\" ended with exit code {exitCode}", part, Untouched, Stopping, "read its words below, then run again") with
    { Evidence = evidence };

    public static Problem Unreadable(string evidence) => DumpFailed.Occurred(
        "a table could not be read for its fingerprint: it was dropped meanwhile, or this user may not read it", "the target database", Untouched, Stopping,
        "read the server's words below, then run again") with
    { Evidence = evidence };

    public static Problem Changed(IReadOnlyCollection<string> tables) => ChangedMeanwhile.Occurred(
        $"{tables.Count} tables were truncated or rewritten while they were dumped, twice in a row",
        string.Join(", ", tables.Take(5)) + (tables.Count > 5 ? $" and {tables.Count - 5} more" : ""),
        Untouched, Stopping, "stop the job that truncates or rewrites them, then run again");

    public static Problem LostSnapshot(string evidence) => SnapshotLost.Occurred(
        "the session that holds the backup's snapshot ended before the dump did", "the target database", Untouched, Stopping,
        "look at the server's log, then run again") with
    { Evidence = evidence };

    public static Problem DamagedPart(string set, string part, string why) => Damaged.Occurred(
        $"part \"{part}\" of set \"{set}\" {why}", $"{set}/{part}", "the database is not touched by reading a backup", Stopping,
        "do not rely on this set; take a new backup");

    public static Problem Unknown(string set, string store) => NoSuchSet.Occurred(
        $"the store has no complete set \"{set}\"", store, "nothing was changed", Stopping, $"ls {store}");

    public static Problem NoSchemas(IReadOnlyCollection<string> schemas) => SchemaMissing.Occurred(
        $"{schemas.Count} schemas to back up do not exist", string.Join(", ", schemas.Take(5).Select(s => $"\"{s}\"")) + (schemas.Count > 5 ? ", …" : ""),
        Untouched, Stopping, "correct the list of tenants, then run again");

    public static Problem FileUnreadable(string why) => FileMissing.Occurred(
        $"a file of backup.files can not be read: {why}", "backup.files", Untouched, Stopping, "correct backup.files, or give this user the right to read it");

    public static Problem NotAsBackedUp(string set, string what, string evidence = "") => NotProved.Occurred(
        what, $"set \"{set}\"", "the target database; the scratch database is removed", Stopping, "do not rely on this set; take a new backup") with
    { Evidence = evidence };

    public static Problem RestoreCutOff(string set, string server, string evidence) => RestoreBroke.Occurred(
        $"the server ended the sessions while set \"{set}\" was restored", server, "the live database; the new one was not used by anybody", "giving up", "look at the server's log, then try again") with
    { Evidence = evidence };

    public static Problem RestoreRefused(string set, string part, int exitCode, string evidence) => RestoreBroke.Occurred(
        string.Create(CultureInfo.InvariantCulture, $"pg_restore of part \"{part}\" ended with exit code {exitCode}"), $"set \"{set}\"", "the live database; the new one is removed", "giving up",
        "read its words below, then try again, or choose another set") with
    { Evidence = evidence };

    public static Problem ScratchRefused(string server, string evidence) => NoScratch.Occurred(
        "the scratch database for verify: restore could not be made", server, "nothing was changed", Stopping,
        "alter role … createdb, or name another server in backup.scratch") with
    { Evidence = evidence };

    public static Problem ScratchTooSmall(string server, long needed, long free) => NoScratch.Occurred(
        $"{Megabytes(free)} free where the scratch database would be, restoring the set may need {Megabytes(needed)}", server, "nothing was changed", Stopping,
        "free space there, or name another server in backup.scratch");

    public static Problem TooLittleKnown(string set) => NoFacts.Occurred(
        $"set \"{set}\" has no fingerprints in its manifest", $"set \"{set}\"", "nothing was changed", Stopping, "take a new backup");

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MB");
}
