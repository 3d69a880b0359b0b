using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Problems;

namespace SafeDeploy.Migrations;

/// <summary>What can be wrong with the list of tenants.</summary>
public static class TenantProblems
{
    private static readonly ProblemInfo QueryInfo = new("SD0430", "tenants query not usable",
        "tenants.query must read one column of text, one row a tenant, and must not write.", "Correct the query under tenants.query.");

    private static readonly ProblemInfo NameInfo = new("SD0431", "tenant name refused",
        "The list of tenants holds a name that can not be a tenant's schema; nothing is executed with it, and no tenant is left out silently.",
        "Correct the row, or leave it out in tenants.query or tenants.exclude.");

    private static readonly ProblemInfo MissingInfo = new("SD0433", "tenant without a schema",
        "The list of tenants names a schema that does not exist: a tenant that was dropped, or whose creation did not end.",
        "Create the schema, or leave the tenant out in tenants.query or tenants.exclude.");

    private static readonly ProblemInfo CanaryInfo = new("SD0434", "canary is not a tenant",
        "A name under tenants.canaries is not in the list of tenants, so it would protect nobody.", "Correct tenants.canaries.");

    private static readonly ProblemInfo LateInfo = new("SD0435", "tenants keep appearing",
        "Tenants were created while the fleet was migrated, again after each re-reading of the list.", "Stop creating tenants for a moment, and run again.");

    public static ImmutableArray<ProblemInfo> All => [QueryInfo, NameInfo, MissingInfo, CanaryInfo, LateInfo];

    /// <summary>What forbids to start with this list of tenants; empty when nothing does.</summary>
    /// <param name="missing">Names whose schema does not exist.</param>
    /// <param name="refused">Names that cannot be a tenant, each with why.</param>
    public static ImmutableArray<Problem> Of(
        ImmutableArray<TenantSchema> tenants, ImmutableArray<string> missing, ImmutableArray<(string Name, string Why)> refused, ImmutableArray<TenantSchema> canaries)
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        if (!refused.IsEmpty)
            problems.Add(Refused(refused));
        if (!missing.IsEmpty)
            problems.Add(MissingInfo.Occurred(
                $"{Count(missing.Length, "tenant has", "tenants have")} no schema: {ScopeText.Names(missing)}", "tenants", "nothing was touched", "refusing",
                "create the schema, or leave it out in tenants.query or tenants.exclude"));
        var unknown = canaries.Except(tenants).Select(tenant => tenant.Value).ToImmutableArray();
        if (!unknown.IsEmpty)
            problems.Add(CanaryInfo.Occurred(
                $"{ScopeText.Names(unknown)} under tenants.canaries {(unknown.Length == 1 ? "is no tenant" : "are no tenants")}", "tenants.canaries",
                "nothing was touched", "refusing", "correct tenants.canaries"));
        return problems.ToImmutable();
    }

    public static Problem BadQuery(string why, string query) => QueryInfo.Occurred(
        $"tenants.query cannot be used: {why}", "tenants.query", "nothing was touched", "refusing", "correct the query: one column of text, one row a tenant") with
    { Evidence = query };

    public static Problem KeepAppearing(IReadOnlyCollection<Scope> late) => LateInfo.Occurred(
        $"{Count(late.Count, "tenant was", "tenants were")} created while the fleet was migrated: {ScopeText.Names(late)}", "tenants",
        "all other tenants are migrated", "stopping", "stop creating tenants for a moment, and run again: only they are migrated");

    private static Problem Refused(ImmutableArray<(string Name, string Why)> refused) => NameInfo.Occurred(
        $"{Count(refused.Length, "name", "names")} in the list of tenants cannot be a tenant's schema: {string.Join("; ", refused.Take(5).Select(r => $"\"{ScopeText.Visible(r.Name)}\" ({r.Why})"))}",
        "tenants", "nothing was touched", "refusing", "correct the rows, or leave them out in tenants.query or tenants.exclude");

    private static string Count(int count, string one, string many) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");
}
