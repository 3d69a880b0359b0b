using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>What forbids a rehearsal (SD110x); what a migration does wrong is a verdict, not a problem.</summary>
public static class ScratchProblems
{
    private static readonly ProblemInfo NoDatabaseInfo = new("SD1101", "no scratch database can be made",
        "The user of --scratch may not create databases, or the server's template is in use.",
        "Grant CREATEDB to the user, or name another server.");

    private static readonly ProblemInfo NoMigrationsInfo = new("SD1102", "there is nothing to rehearse",
        "The folder holds no migration of a known layout.",
        "Name the folder that holds the migration files.");

    public static ImmutableArray<ProblemInfo> All => [NoDatabaseInfo, NoMigrationsInfo];

    public static Problem NoDatabase(string server, string evidence, string state) => NoDatabaseInfo.Occurred(
        "the server does not let us make a scratch database", $"{server}   SQLSTATE {state}", "nothing was changed", "stopping",
        "grant CREATEDB to the user of --scratch, or name another server") with
    { Evidence = evidence };

    public static Problem NoMigrations(string folder) => NoMigrationsInfo.Occurred(
        $"\"{folder}\" holds no migration", folder, "nothing was touched", "stopping", "name the folder that holds the migration files");
}
