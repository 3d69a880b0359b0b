using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.PgQuery;

public static class PgQueryProblems
{
    public static readonly ProblemInfo Missing = new(
        "SD1001",
        "PostgreSQL's grammar is not installed",
        "Migrations are read with PostgreSQL's own grammar, the library libpg_query 15. It is neither beside the program nor among the system's libraries.",
        "Install the package libpg-query-dev, or put libpg_query.so beside the program.");

    public static ImmutableArray<ProblemInfo> All => [Missing];

    public static Problem LibraryIsMissing(string programFolder) => Missing.Occurred(
        "the library libpg_query was not found",
        $"{programFolder} and the system's library folders",
        "everything: nothing was started",
        "nothing; without it no migration can be judged or run",
        "install the package libpg-query-dev, or copy libpg_query.so into the program's folder");
}
