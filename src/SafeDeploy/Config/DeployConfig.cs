using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>What <c>safe-deploy.yml</c> says for one environment: validated, complete with defaults, immutable.</summary>
/// <param name="EnvironmentName">The environment asked for, or <c>default</c> when none was.</param>
/// <param name="Tenants">Null when the database has no tenant schemas.</param>
/// <param name="Backup">Null when no backup is taken.</param>
/// <param name="Deploy">Null when no image is deployed.</param>
/// <param name="Health">Null when nothing is verified; the deployment then ends with its last configured step.</param>
public sealed record DeployConfig(
    string Project,
    string EnvironmentName,
    DatabaseSettings Database,
    TenantsSettings? Tenants,
    MigrationsSettings Migrations,
    RiskSettings Risk,
    BackupSettings? Backup,
    DeploySettings? Deploy,
    HealthSettings? Health,
    RollbackSettings Rollback)
{
    public PreflightSettings Preflight { get; init; } = PreflightSettings.None;

    /// <summary>Where each written value stands, by its path, e.g. <c>migrations.lock_timeout</c> or <c>health.gates[0].name</c>.</summary>
    public ImmutableSortedDictionary<string, SourceMark> Marks { get; init; } =
        ImmutableSortedDictionary.Create<string, SourceMark>(StringComparer.Ordinal);

    /// <summary>Where the value at <paramref name="path"/> comes from; a path that is not written is a default.</summary>
    public SourceMark MarkOf(string path) => Marks.GetValueOrDefault(path) ?? new SourceMark.FromDefault();
}
