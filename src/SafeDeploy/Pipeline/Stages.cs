using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Backup;
using SafeDeploy.Steps.DeployImage;
using SafeDeploy.Steps.MigratePublic;
using SafeDeploy.Steps.MigrateTenants;
using SafeDeploy.Steps.Preflight;
using SafeDeploy.Steps.VerifyHealth;

namespace SafeDeploy.Pipeline;

/// <summary>Makes the step of each stage, its sentence, and the snapshot before the first of them.</summary>
/// <param name="judge">Null when nothing is verified.</param>
public sealed class Stages(World world, SnapshotReader snapshots, HealthJudge? judge, Action<Problem> tell)
{
    public IStep Of(StepName name, DeployPlan plan, RunContext run, RunRequest request) => name switch
    {
        StepName.Preflight => new PreflightStep(world.Config, world.Database, world.Backup, world.Target, plan.To, PreflightStep.AllChecks)
        {
            Fleet = plan.Tenants,
            AcceptsDrift = request.AcceptDrift,
            TakesBackup = !request.SkipBackup,
            Machine = world.Machine?.Read(),
        },
        StepName.Backup => new BackupStep(world.Backup!, world.Config.Backup!, Scopes(plan), new BackupLabel(
            world.Config.Project, world.Config.EnvironmentName, run.Hold.Deployment.Value, plan.To.Version), NeededBackupsAsync),
        StepName.MigratePublic => new MigratePublicStep(plan.Public!.Set, world.Public!, (after, cancellation) => OldIsWellAsync(after, run, cancellation)),
        StepName.MigrateTenants => new MigrateTenantsStep(
            new TenantsPlan(plan.Tenants!.Set, world.Config.Tenants!, world.Config.Migrations, Environment.ProcessorCount),
            world.Tenants!, world.Database, (after, cancellation) => OldIsWellAsync(after, run, cancellation)),
        StepName.DeployImage => new DeployImageStep(world.Target!, plan.To, (slot, cancellation) => ProveNewAsync(slot, plan, run, cancellation)),
        StepName.VerifyHealth => new VerifyHealthStep(world.Config.Health!, world.Gates, world.Target, world.Target is null ? null : plan.To.Version),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    /// <summary>The set taken before the release that serves came is the data's way back from it.</summary>
    private async Task<IEnumerable<string>> NeededBackupsAsync(CancellationToken cancellation)
    {
        var state = await world.Ledger.StateAsync(world.Config.EnvironmentName, cancellation);
        return [.. new[] { state.Current, state.LastCommitted }.OfType<DeploymentSummary>().Select(d => d.Id.Value)];
    }

    /// <summary>What the user reads when the stage begins.</summary>
    public string Sentence(StepName name, DeployPlan plan) => name switch
    {
        StepName.Preflight => "is it safe to start now?",
        StepName.Backup => $"backing up public and {plan.TenantList.Tenants.Length} tenants",
        StepName.MigratePublic => plan.PendingPublic.IsEmpty ? "public is up to date" : $"public to {plan.PendingPublic[^1]}",
        StepName.MigrateTenants => plan.PendingTenants.IsEmpty
            ? "every tenant is up to date"
            : $"{plan.PendingTenants.Count} of {plan.TenantList.Tenants.Length} tenants to {plan.Tenants!.Versions[^1]}",
        StepName.DeployImage => $"bringing {plan.To.Display} up beside what serves",
        _ => "gates and soak",
    };

    public Task<WorldSnapshot> SnapshotAsync(DeployPlan plan, CancellationToken cancellation) => snapshots.ReadAsync(Scopes(plan), cancellation);

    private static Scope[] Scopes(DeployPlan plan) => [new Scope.Public(), .. plan.TenantList.Tenants.Select(t => new Scope.Tenant(t))];

    public void Tell(Problem problem) => tell(problem);

    /// <summary>Ready as the new version, then the gates on the instances themselves, before any user reaches them.</summary>
    private async Task<Problem?> ProveNewAsync(string slot, DeployPlan plan, RunContext run, CancellationToken cancellation) => judge is null
        ? null
        : await judge.NewIsWellAsync(slot, plan.To.Version, run.History, reading => run.RecordAsync(StepName.DeployImage, reading), cancellation);

    /// <summary>Is the release that serves still well on the schema as it is now? Asked after public, after the canaries, after all.</summary>
    private async Task<Problem?> OldIsWellAsync(string after, RunContext run, CancellationToken cancellation)
    {
        if (judge is null || run.History.Plan is { HoldsTraffic: true } || run.History.Snapshot?.Serving is not { } serving)
            return null;
        await run.RefreshAsync();
        var problem = await judge.ServingIsWellAsync(serving.Version, run.History, reading => run.RecordAsync(null, reading), cancellation);
        if (problem is null)
            await run.RecordAsync(null, new LedgerFact.CompatibilityProved(after));
        return problem;
    }
}
