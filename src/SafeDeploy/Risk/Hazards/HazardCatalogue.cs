using System.Collections.Immutable;

namespace SafeDeploy.Risk.Hazards;

/// <summary>One way in which a migration hurts, as the field knows it.</summary>
/// <param name="Id">Group and number: L locks, D data, C compatibility, F failure, T tenants, S rights, H hygiene.</param>
/// <param name="Rules">Slugs of the rules that find it; empty where <paramref name="Note"/> says why there is none.</param>
public sealed record Hazard(string Id, string Catches, ImmutableArray<string> Rules, string Note = "");

/// <summary>The hazards that the rules are measured against, with the rule that finds each, or why none does.</summary>
public static class HazardCatalogue
{
    public static ImmutableArray<Hazard> All { get; } = [.. LockHazards.All, .. OtherHazards.All];

    /// <summary>The hazards that a rule finds.</summary>
    public static IEnumerable<Hazard> FoundBy(string slug) => All.Where(h => h.Rules.Contains(slug));
}
