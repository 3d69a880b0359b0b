using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Steps.MigrateTenants;

/// <summary>Migrates the tenants wave by wave; called again it migrates those that still lack something.</summary>
/// <param name="stillWell">Asked after the canaries and after all; null where nothing serves or nothing is verified.</param>
public sealed class MigrateTenantsStep(TenantsPlan plan, IMigrationEngine engine, IDatabase database, LiveCheck? stillWell) : IStep
{
    // A tenant that signs up now is migrated too; a script that creates tenants without end is not followed for ever.
    private const int Rereadings = 3;

    public StepName Name => StepName.MigrateTenants;

    public async Task<StepOutcome> RunAsync(RunContext run)
    {
        var (fleet, refusals) = await ReadAsync(run.Cancellation);
        if (refusals is [var first, .. var others])
            return new StepOutcome.Refused(first, others);
        var pending = Pending(fleet);
        var movedBefore = run.History.MovedScopes().Keys.Any(scope => scope is Scope.Tenant);
        if (pending.IsEmpty && !movedBefore)
            return new StepOutcome.Skipped(string.Create(CultureInfo.InvariantCulture, $"{fleet.Order.Length} tenants are up to date"));
        var work = new FleetWork(run, engine, await ParallelAsync(run, pending.Count));
        var waves = TenantWave.Divide(fleet.Order, plan.Tenants.Canaries, plan.Migrations.Waves);
        return await WavesAsync(run, work, waves, fleet.History) ?? await LateAsync(run, work) ?? await EndAsync(run, fleet, work);
    }

    private sealed record Fleet(ImmutableArray<Scope> Order, FleetHistory History);

    private async Task<(Fleet Fleet, ImmutableArray<Problem> Refusals)> ReadAsync(CancellationToken cancellation)
    {
        var list = await database.TenantsAsync(plan.Tenants, cancellation);
        ImmutableArray<Scope> order = [.. list.Tenants.Select(tenant => new Scope.Tenant(tenant))];
        var applied = await engine.AppliedAsync(order, cancellation);
        var unadopted = await engine.UnadoptedAsync([.. order.Where(scope => applied[scope].IsEmpty)], cancellation);
        var history = FleetHistory.Of(plan.Set, applied, unadopted);
        var pending = plan.Set.Migrations.Where(migration => history.Versions.Contains(migration.Version)).ToImmutableArray();
        return (new Fleet(order, history), [.. TenantProblems.Of(list.Tenants, list.Missing, list.Refused, plan.Tenants.Canaries), .. history.Problems, .. engine.Examine(pending)]);
    }

    private static ImmutableDictionary<Scope, ImmutableArray<Migration>> Pending(Fleet fleet) =>
        fleet.History.Pending.Where(scope => !scope.Value.IsEmpty).ToImmutableDictionary();

    private async Task<int> ParallelAsync(RunContext run, int pending)
    {
        var choice = ParallelChoice.Of(plan.Migrations.Parallel, await database.FactsAsync(run.Cancellation), plan.Cores, pending);
        run.Story.Detail(string.Create(CultureInfo.InvariantCulture, $"{pending} tenants to migrate, {choice.Tenants} at once ({choice.Because})"));
        return choice.Tenants;
    }

    /// <returns>Null when every wave is done.</returns>
    private async Task<StepOutcome?> WavesAsync(RunContext run, FleetWork work, ImmutableArray<TenantWave> waves, FleetHistory history)
    {
        var open = TenantWave.Only(waves, scope => !history.Pending[scope].IsEmpty);
        work.Expect(open.Sum(wave => wave.Scopes.Length));
        foreach (var wave in open)
        {
            if (await work.RunAsync(wave, history.Pending, [.. open.SkipWhile(w => w != wave).Skip(1).SelectMany(w => w.Scopes)]) is { } failed)
                return failed;
            if (wave.Name == TenantWave.Canaries && stillWell is not null && await stillWell(TenantWave.Canaries, run.Cancellation) is { } sick)
                return new StepOutcome.Failed(sick);
        }

        return null;
    }

    /// <summary>Reads the list again: a tenant created meanwhile was made from the old schema or the new one; its history says which.</summary>
    private async Task<StepOutcome?> LateAsync(RunContext run, FleetWork work)
    {
        for (var round = 1; round <= Rereadings; round++)
        {
            var (fleet, refusals) = await ReadAsync(run.Cancellation);
            if (refusals is [var first, .. var others])
                return new StepOutcome.Failed(first, others);
            var late = Pending(fleet);
            if (late.IsEmpty)
                return null;
            if (round == Rereadings)
                return new StepOutcome.Failed(TenantProblems.KeepAppearing([.. late.Keys.Order()]));
            run.Story.Detail(string.Create(CultureInfo.InvariantCulture, $"{late.Count} tenants were created meanwhile: {ScopeText.Names([.. late.Keys.Order()])}"));
            var wave = new TenantWave(string.Create(CultureInfo.InvariantCulture, $"late-{round}"), [.. late.Keys.Order()]);
            if (await WavesAsync(run, work, [wave], fleet.History) is { } failed)
                return failed;
        }

        return null;
    }

    private async Task<StepOutcome> EndAsync(RunContext run, Fleet fleet, FleetWork work) =>
        stillWell is not null && await stillWell("tenants", run.Cancellation) is { } sick ? new StepOutcome.Failed(sick) : Summary(fleet, work);

    private StepOutcome.Succeeded Summary(Fleet fleet, FleetWork work) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{work.Done} of {Math.Max(fleet.Order.Length, work.Done)} tenants migrated to {plan.Set.Migrations[^1].Version}; the others were there already"));
}
