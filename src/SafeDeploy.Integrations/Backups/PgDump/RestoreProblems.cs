using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Why a restore is refused, or failed and changed nothing (SD05xx).</summary>
public static class RestoreProblems
{
    private const string AsItWas = "every tenant is as it was, this one too";
    private const string Nothing = "nothing was changed";
    private const string Refusing = "refusing to restore";

    public static readonly ProblemInfo NotInSet = new("SD0520", "the set does not hold this schema",
        "The tenant was not there when the set was taken, or another list of tenants was used.", "Choose another set: safe-deploy restore --list.");

    public static readonly ProblemInfo PointedAt = new("SD0521", "something outside the tenant depends on it",
        "A view, a constraint, a function or a publication elsewhere points at the tenant's objects; after the swap it would go on pointing at the old ones.",
        "Drop what is named, restore, and make it again.");

    public static readonly ProblemInfo WritersStay = new("SD0522", "the tenant's writers did not let go of its tables",
        "A restore first keeps everybody else from writing to the tenant; a transaction that is open kept its locks.", "End the transaction that is named, then restore again.");

    public static readonly ProblemInfo NotTheSame = new("SD0523", "what was restored is not what was backed up",
        "The fingerprints of the restored tenant differ from the manifest's; the transaction was rolled back.", "Verify the set by restore; choose another one.");

    public static readonly ProblemInfo Failed = new("SD0524", "the restore failed",
        "The server refused a statement of the archive, or the session was lost; the transaction was rolled back.", "Read the server's words, then restore again.");

    public static readonly ProblemInfo OthersWork = new("SD0530", "another environment works in this database",
        "Its ledger would be carried over half way, or a tenant that it is moving would be replaced below it.", "Wait for it, or end it with `safe-deploy recover`.");

    public static readonly ProblemInfo MayNot = new("SD0531", "this user may not replace the database",
        "A database is made (CREATEDB) and renamed (by its owner); a standing prepared transaction keeps its name too.",
        "Grant what is named, or end the prepared transaction, then restore again.");

    public static readonly ProblemInfo SessionsStay = new("SD0532", "sessions stayed in the database",
        "A database changes its name only when nobody is connected; sessions of a stronger role can not be ended by this user.",
        "End the sessions that are named, then restore again.");

    public static readonly ProblemInfo NotSwapped = new("SD0533", "the databases did not change names",
        "The server refused a statement, or the connection was lost; names change in one transaction, so either both did or none.",
        "Read the server's words; `safe-deploy status` says which ledger is live.");

    public static readonly ProblemInfo FilesRefused = new("SD0534", "the set's files can not be put back",
        "The set has none, the configuration does not name where they belong, or a link or folder is in their way.",
        "Correct backup.files, or move away what is in the way; every archive can be read with tar.");

    public static readonly ProblemInfo FilesFailed = new("SD0535", "files were not all put back",
        "A disk is full, or this user may not write there; each file is either as it was or as in the set.", "Remove the cause, then restore the files again: what is equal is left alone.");

    public static readonly ProblemInfo NoRoom = new("SD0536", "there is no room for the restore",
        "The server's disk, or this machine's for the files in between, has less free than the restore needs, or became full while it ran.",
        "Free space there, then restore again.");

    public static ImmutableArray<ProblemInfo> All { get; } =
        [NotInSet, PointedAt, WritersStay, NotTheSame, Failed, OthersWork, MayNot, SessionsStay, NotSwapped, FilesRefused, FilesFailed, NoRoom];

    public static Problem Unknown(string schema, string set) => NotInSet.Occurred(
        $"set \"{set}\" does not hold \"{schema}\"", $"set \"{set}\"", Nothing, Refusing, "safe-deploy restore --list");

    public static Problem Depends(string schema, ImmutableArray<string> dependents) => PointedAt.Occurred(
        $"{dependents.Length} objects outside \"{schema}\" depend on what is in it", string.Join(", ", dependents.Take(5)) + (dependents.Length > 5 ? ", …" : ""),
        Nothing, Refusing, "drop them, restore, and make them again");

    public static Problem Busy(string schema, string holder) => WritersStay.Occurred(
        $"the tables of \"{schema}\" are in use: {holder}", $"schema \"{schema}\"", AsItWas, "giving up", "end that transaction, then restore again");

    public static Problem Different(string schema, string expected, string found) => NotTheSame.Occurred(
        $"\"{schema}\" restored has {Rows(found)} rows, its manifest {Rows(expected)}, or other values or another structure", $"schema \"{schema}\"",
        AsItWas, "rolled back", "verify the set: backup.verify: restore; choose another one");

    public static Problem Broke(string schema, string evidence) => Failed.Occurred(
        $"restoring \"{schema}\" failed", $"schema \"{schema}\"", AsItWas, "rolled back", "read the server's words below") with
    { Evidence = evidence };

    public static Problem TooSmall(string server, long needed, long free) => NoRoom.Occurred(
        string.Create(CultureInfo.InvariantCulture, $"{free / 1048576.0:0} MB free where the server keeps its data, the restore may need {needed / 1048576.0:0} MB"), server, Nothing, Refusing,
        "free space on the server, then restore again");

    public static Problem BecameFull(string where, string evidence) => NoRoom.Occurred(
        "the disk became full while it was restored", where, "what was there before the restore", "giving up; what was restored so far is removed", "free space there, then restore again") with
    { Evidence = evidence };

    public static Problem Occupied(ImmutableArray<string> environments) => OthersWork.Occurred(
        $"environment {string.Join(", ", environments.Select(e => $"\"{e}\""))} has a deployment that is not over", "schema safe_deploy of this database", Nothing, Refusing,
        "wait for it, or safe-deploy recover --environment NAME");

    public static Problem Forbidden(string what, string database, string next) => MayNot.Occurred(what, $"database \"{database}\"", Nothing, Refusing, next);

    public static Problem Connected(string database, string sessions) => SessionsStay.Occurred(
        $"sessions stayed in database \"{database}\" though they were ended again and again", sessions, "the database is as it was", "giving up; the new database is removed",
        "end those sessions (pg_terminate_backend by a superuser), then restore again");

    public static Problem Refused(string database, string evidence) => NotSwapped.Occurred(
        $"database \"{database}\" and its restored copy did not change names", $"database \"{database}\"", "the database is as it was", "giving up; the new database is removed",
        "read the server's words below, then restore again") with
    { Evidence = evidence };

    public static Problem Unknown(string database, string kept, string evidence) => NotSwapped.Occurred(
        $"the connection was lost while database \"{database}\" and its restored copy changed names, and the server does not answer", $"database \"{database}\"",
        "both databases: names change together or not at all", "stopping", $"when the server answers: if a database \"{kept}\" is there, the restore is done; else safe-deploy recover, then restore again") with
    { Evidence = evidence };

    public static Problem OccupiedTenant(string schema, ImmutableArray<string> environments) => OthersWork.Occurred(
        $"environment {string.Join(", ", environments.Select(e => $"\"{e}\""))} has a deployment that is not over, and \"{schema}\" is in its plan", $"schema \"{schema}\"",
        Nothing, Refusing, "wait for it, or safe-deploy recover --environment NAME");

    public static Problem NoFiles(string set) => FilesRefused.Occurred(
        $"set \"{set}\" has no files", $"set \"{set}\"", Nothing, Refusing, "choose a set that was taken with backup.files");

    public static Problem NotConfigured(string path) => FilesRefused.Occurred(
        $"\"{path}\" of the set is below nothing that backup.files names", "backup.files", Nothing, Refusing, "name it in backup.files again, or take it out with tar");

    public static Problem InTheWay(string path, string obstacle) => FilesRefused.Occurred(
        $"\"{path}\" can not be put back: {obstacle}", path, Nothing, Refusing, "move it away, then restore again");

    public static Problem NotSaved(string store, string why) => FilesFailed.Occurred(
        $"the files that would be replaced could not be saved: {why}", store, "every file is as it was", "giving up", "free space there, then restore again");

    public static Problem FilesBroke(int written, int wanted, string why) => FilesFailed.Occurred(
        $"{written} of {wanted} files were put back, then: {why}", "backup.files", "the files that were not reached; no file is half written", "giving up",
        "remove the cause, then restore the files again");

    private static string Rows(string fingerprint) => string.Create(CultureInfo.InvariantCulture, $"{fingerprint.Split(':')[0]}");
}
