using System.Collections.Immutable;

namespace SafeDeploy.Migrations.Adoption;

/// <summary>Which of the folder's migrations a scope has, by what another tool's history says. Pure.</summary>
/// <param name="Applied">In order; empty = the scope is known, and has none.</param>
/// <param name="Unknown">Versions the tool applied that the folder does not hold. May be empty.</param>
/// <param name="Broken">Why the history cannot be taken over, or null.</param>
public sealed record AdoptedScope(Scope Scope, ImmutableArray<Migration> Applied, ImmutableArray<string> Unknown, string? Broken)
{
    public static AdoptedScope Of(Scope scope, MigrationSet set, ForeignHistory history) => history switch
    {
        ForeignHistory.Broken broken => new AdoptedScope(scope, [], [], broken.Why),
        ForeignHistory.UpTo { Version: null } => new AdoptedScope(scope, [], [], null),
        ForeignHistory.UpTo { Version: { } version } => UpTo(scope, set, version),
        ForeignHistory.Versions list => Listed(scope, set, [.. list.Applied.Select(version => new MigrationVersion(version).Canonical)]),
        _ => throw new ArgumentOutOfRangeException(nameof(history), history, null),
    };

    /// <summary>Everything up to and with <paramref name="version"/>, which the folder must hold.</summary>
    public static AdoptedScope UpTo(Scope scope, MigrationSet set, string version)
    {
        var at = new MigrationVersion(version);
        return set.Migrations.Any(migration => migration.Version.SameAs(at))
            ? new AdoptedScope(scope, [.. set.Migrations.TakeWhile(m => !m.Version.SameAs(at)), set.Migrations.First(m => m.Version.SameAs(at))], [], null)
            : new AdoptedScope(scope, [], [version], null);
    }

    private static AdoptedScope Listed(Scope scope, MigrationSet set, ImmutableArray<string> versions)
    {
        var known = set.Migrations.Select(migration => migration.Version.Canonical).ToHashSet(StringComparer.Ordinal);
        return new AdoptedScope(
            scope, [.. set.Migrations.Where(migration => versions.Contains(migration.Version.Canonical))], [.. versions.Where(version => !known.Contains(version))], null);
    }
}
