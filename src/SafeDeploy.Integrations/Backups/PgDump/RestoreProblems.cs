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

    public static ImmutableArray<ProblemInfo> All { get; } = [NotInSet, PointedAt, WritersStay, NotTheSame, Failed];

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

    private static string Rows(string fingerprint) => string.Create(CultureInfo.InvariantCulture, $"{fingerprint.Split(':')[0]}");
}
