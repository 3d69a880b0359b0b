using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Migrations;

/// <summary>A scope that holds tables though its history is empty.</summary>
/// <param name="Tool">Whose history table stands in it, as <c>adopt --from</c> spells it; null when none was found.</param>
public sealed record UnadoptedScope(Scope Scope, string? Tool);

/// <summary>What every scope of one kind still needs, and what forbids it.</summary>
/// <param name="Pending">Every scope asked for; an empty list means up to date.</param>
/// <param name="Problems">One a cause, with the scopes it concerns; never one a scope. May be empty.</param>
public sealed record FleetHistory(
    MigrationSet Set,
    ImmutableSortedDictionary<Scope, ImmutableArray<Migration>> Pending,
    ImmutableArray<Problem> Problems)
{
    /// <summary>Pure: from the folder, the histories, and the scopes found with tables but no history.</summary>
    public static FleetHistory Of(
        MigrationSet set,
        ImmutableDictionary<Scope, ImmutableArray<AppliedMigration>> applied,
        ImmutableArray<UnadoptedScope> unadopted)
    {
        var compared = applied.Select(scope => (Scope: scope.Key, Comparison: History.Compare(set, scope.Value))).ToImmutableArray();
        var deviations = compared
            .SelectMany(scope => scope.Comparison.Deviations.Select(deviation => (scope.Scope, Deviation: deviation)))
            .GroupBy(found => found.Deviation)
            .OrderBy(group => group.Key.Version)
            .Select(group => MigrationProblems.Deviates(set, group.Key, [.. group.Select(found => found.Scope).Order()]));
        var strangers = set.Migrations.IsEmpty ? [] : unadopted
            .GroupBy(scope => scope.Tool, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => MigrationProblems.NotAdopted(set, group.Key, [.. group.Select(scope => scope.Scope).Order()]));
        return new FleetHistory(
            set,
            compared.ToImmutableSortedDictionary(scope => scope.Scope, scope => scope.Comparison.Pending),
            [.. strangers, .. deviations]);
    }

    /// <summary>The versions that at least one scope still needs, in order.</summary>
    public ImmutableArray<MigrationVersion> Versions =>
        [.. Set.Migrations.Select(migration => migration.Version).Where(Pending.Values.SelectMany(pending => pending).Select(migration => migration.Version).ToHashSet().Contains)];
}
