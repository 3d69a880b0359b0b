using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Risk.Sql;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>Everything outside the house that one configuration reaches; made once by the front door.</summary>
/// <param name="Mirror">Null where there is no backup store to keep a copy in.</param>
/// <param name="Public">Null when the shared schema is not migrated.</param>
/// <param name="Tenants">Null when tenant schemas are not migrated.</param>
/// <param name="Backup">Null when no backup is taken.</param>
/// <param name="Target">Null when no image is deployed.</param>
/// <param name="Gates">Empty when nothing is verified.</param>
public sealed record World(
    DeployConfig Config,
    ILedgerStore Ledger,
    ILedgerMirror? Mirror,
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
    /// <summary>Null where the system tells nothing about the machine.</summary>
    public IMachine? Machine { get; init; }

    /// <summary>A deployment's entries as the ledger has them now; a readable copy goes beside the backups.</summary>
    public async Task<LedgerHistory> RecordOfAsync(DeploymentId deployment, CancellationToken cancellation)
    {
        var history = new LedgerHistory(await Ledger.ReadAsync(deployment, cancellation));
        try
        {
            if (Mirror is not null)
                await Mirror.WriteAsync(deployment, history, cancellation);
        }
        catch (ProblemException failure)
        {
            // A copy that is missing changes nothing that was done.
            Story.Warning($"{failure.Problem.Code} {failure.Problem.What}");
        }

        return history;
    }

    public IMigrationEngine? Engine(Migrations.ScopeKind kind) => kind == Migrations.ScopeKind.Public ? Public : Tenants;
}
