using System.Collections.Immutable;

namespace SafeDeploy.Risk.Fleet;

/// <summary>Whose schemas a set of migrations is run in, as far as rules ask.</summary>
/// <param name="IsTenantSet">Run once in every tenant; false: run once, in the shared schema.</param>
/// <param name="Shared">Tables of other schemas, <c>schema.table</c>, that a tenant migration may lock or write.</param>
/// <param name="Names">The tenants' schemas; may be empty where they are not known.</param>
/// <param name="Referenced">Shared tables that foreign keys of the tenants point at.</param>
public sealed record TenantContext(bool IsTenantSet, ImmutableArray<string> Shared, ImmutableHashSet<string> Names, ImmutableHashSet<string> Referenced)
{
    /// <summary>What stands for the schema of whichever tenant is migrated.</summary>
    public const string OwnSchema = "tenant";

    public string Everybody => Names.IsEmpty ? "every tenant" : $"all {Names.Count} tenants";
}
