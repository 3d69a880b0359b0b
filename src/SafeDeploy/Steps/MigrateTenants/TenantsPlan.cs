using SafeDeploy.Config;
using SafeDeploy.Migrations;

namespace SafeDeploy.Steps.MigrateTenants;

/// <summary>This step's slice of the plan.</summary>
/// <param name="Cores">Of this machine, for <c>parallel: auto</c>.</param>
public sealed record TenantsPlan(MigrationSet Set, TenantsSettings Tenants, MigrationsSettings Migrations, int Cores);
