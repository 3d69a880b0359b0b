using System.Collections.Immutable;
using SafeDeploy.Migrations;

namespace SafeDeploy.Config;

/// <summary>Which schemas are tenants, which of them go first, and what they may touch outside themselves.</summary>
/// <param name="Exclude">Schema names or patterns (<c>*</c> stands for any text) that are never tenants. May be empty.</param>
/// <param name="Canaries">Migrated first, in this order. May be empty.</param>
/// <param name="Shared">Tables of other schemas, <c>schema.table</c>, that a tenant migration may lock or write. May be empty.</param>
public sealed record TenantsSettings(
    TenantsSource Source,
    ImmutableArray<string> Exclude,
    ImmutableArray<TenantSchema> Canaries,
    ImmutableArray<string> Shared);

/// <summary>Where the list of tenants comes from.</summary>
public abstract record TenantsSource
{
    private TenantsSource() { }

    /// <param name="Sql">Gives one column, the schema's name, in the order in which tenants are migrated.</param>
    public sealed record Query(string Sql) : TenantsSource;

    /// <param name="Patterns">Schema names; <c>*</c> stands for any text. Never empty.</param>
    public sealed record Schemas(ImmutableArray<string> Patterns) : TenantsSource;
}
