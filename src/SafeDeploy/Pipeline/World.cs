using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Risk.Sql;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>Everything outside the house that one configuration reaches; made once by the front door.</summary>
/// <param name="Public">Null when the shared schema is not migrated.</param>
/// <param name="Tenants">Null when tenant schemas are not migrated.</param>
/// <param name="Backup">Null when no backup is taken.</param>
/// <param name="Target">Null when no image is deployed.</param>
/// <param name="Gates">Empty when nothing is verified.</param>
public sealed record World(
    DeployConfig Config,
    ILedgerStore Ledger,
    IDatabase Database,
    IMigrationEngine? Public,
    IMigrationEngine? Tenants,
    IBackupMethod? Backup,
    IDeployTarget? Target,
    ISqlParser Parser,
    IScriptEffects Effects,
    ImmutableArray<IHealthGate> Gates,
    IStory Story,
    TimeProvider Clock)
{
    public IMigrationEngine? Engine(Migrations.ScopeKind kind) => kind == Migrations.ScopeKind.Public ? Public : Tenants;
}
