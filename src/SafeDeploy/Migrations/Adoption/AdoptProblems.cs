using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Problems;

namespace SafeDeploy.Migrations.Adoption;

/// <summary>Why a fleet cannot be taken over; then no history row is written at all.</summary>
public static class AdoptProblems
{
    private const string Untouched = "no history was written for any scope";

    private static readonly ProblemInfo BrokenInfo = new("SD0450", "history of the other tool is not in order",
        "The other tool's own history says that a migration failed or was left half-way.", "Put the scope in order with that tool, then adopt again.");

    private static readonly ProblemInfo NoTableInfo = new("SD0451", "no history of that tool",
        "The schema holds tables, but not the history table of the tool named with --from.", "Name the tool that made it, or use --at VERSION.");

    private static readonly ProblemInfo DiffersInfo = new("SD0452", "tenants differ",
        "adopt --at says that all tenants are at one version, but their structure is not the same.",
        "Bring the tenants to one structure, or adopt from the tool's own history with --from.");

    private static readonly ProblemInfo UnknownVersionInfo = new("SD0453", "version without a file",
        "A version that is to be adopted has no file in the folder.", "Put the file back, or adopt --at a version that the folder holds.");

    private static readonly ProblemInfo UnknownToolInfo = new("SD0454", "unknown tool", "adopt --from names a tool whose history cannot be read.", "Name one of the tools in docs/guides/migration-folders.md.");

    private static readonly ProblemInfo BusyInfo = new("SD0455", "a deployment is open",
        "Histories are not taken over while a deployment of the environment works or waits.", "Let it end, or conclude it with recover, then adopt.");

    public static ImmutableArray<ProblemInfo> All => [BrokenInfo, NoTableInfo, DiffersInfo, UnknownVersionInfo, UnknownToolInfo, BusyInfo];

    public static Problem Broken(string tool, ImmutableArray<AdoptedScope> scopes) => BrokenInfo.Occurred(
        $"{tool}'s history of {ScopeText.Of([.. scopes.Select(scope => scope.Scope)])} cannot be taken over: {scopes[0].Broken}",
        ScopeText.Of(scopes[0].Scope), Untouched, "refusing", $"put it in order with {tool}, then adopt again");

    public static Problem NoTable(ForeignHistoryTable table, ImmutableArray<Scope> scopes) => NoTableInfo.Occurred(
        $"{ScopeText.Of(scopes)} {(scopes.Length == 1 ? "holds" : "hold")} tables, but no {table.Table}", ScopeText.Of(scopes[0]), Untouched, "refusing",
        "name the tool that made it (--from), or state the version (--at)");

    public static Problem Differ(string version, ImmutableArray<ImmutableArray<Scope>> groups) => DiffersInfo.Occurred(
        string.Create(CultureInfo.InvariantCulture, $"the tenants have {groups.Length} different structures, so they are not all at {version}"),
        string.Join("; ", groups.Take(4).Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Length}: {ScopeText.Names(group)}"))), Untouched, "refusing",
        "bring them to one structure, or adopt with --from");

    public static Problem UnknownVersion(MigrationSet set, ImmutableArray<string> versions, ImmutableArray<Scope> scopes) => UnknownVersionInfo.Occurred(
        $"{ScopeText.Of(scopes)} {(scopes.Length == 1 ? "has" : "have")} {(versions.Length == 1 ? "a version" : "versions")} without a file: {string.Join(", ", versions.Take(10))}",
        set.Folder, Untouched, "refusing", "put the files back, or state a version that the folder holds (--at)");

    public static Problem UnknownTool(string tool) => UnknownToolInfo.Occurred(
        $"the history of \"{tool}\" cannot be read", "adopt --from", Untouched, "refusing",
        $"name one of {string.Join(", ", ForeignHistoryTables.All.Select(table => table.Tool))}, or use --at VERSION");

    /// <param name="deployment">Null when somebody works there whose deployment is not known yet.</param>
    public static Problem Busy(string environment, string? deployment) => BusyInfo.Occurred(
        deployment is null ? $"somebody begins to work on {environment} at this moment" : $"deployment {deployment} of {environment} is not concluded", "adopt", Untouched, "refusing", "let it end, or run safe-deploy rollback, then adopt");
}
