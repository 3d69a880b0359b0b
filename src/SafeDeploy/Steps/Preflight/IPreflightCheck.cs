using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Steps.Preflight;

/// <summary>One question whether it is safe to start now. Reads only.</summary>
public interface IPreflightCheck
{
    /// <summary>In a few words, for the list that people read.</summary>
    string Name { get; }

    /// <exception cref="Problems.ProblemException">What was to be read could not be; the step makes it a refusal.</exception>
    Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation);
}

/// <summary>What preflight looks at.</summary>
/// <param name="Facts">Read once for all checks.</param>
/// <param name="Backup">Null when no backup is taken.</param>
/// <param name="Target">Null when no image is deployed.</param>
/// <param name="To">What is released.</param>
public sealed record PreflightSubject(
    DeployConfig Config, IDatabase Database, ServerFacts Facts, TenantList Tenants, IBackupMethod? Backup, IDeployTarget? Target, Release To)
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>False: a person left the backup out of this deployment.</summary>
    public bool TakesBackup { get; init; } = true;

    /// <summary>Null where the system tells nothing about this machine.</summary>
    public MachineFacts? Machine { get; init; }

    /// <summary>What each tenant still lacks; null where tenants are not migrated.</summary>
    public FleetHistory? Fleet { get; init; }

    /// <summary>A person says that tenants may differ from each other; recorded, then a warning only.</summary>
    public bool AcceptsDrift { get; init; }

    /// <summary>What is migrated: the shared schema where it has migrations, and every tenant where they have.</summary>
    public IReadOnlyList<Scope> MigratedScopes =>
    [
        .. Config.Migrations.Public is null ? Array.Empty<Scope>() : [new Scope.Public()],
        .. Config.Migrations.Tenants is null ? [] : Tenants.Tenants.Select(t => new Scope.Tenant(t)),
    ];
}
