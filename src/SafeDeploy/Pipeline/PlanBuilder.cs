using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Risk;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>Makes the plan from configuration, working copy and the live database. Reads only.</summary>
public sealed class PlanBuilder(World world)
{
    // The release that stopped using a thing is not further back than this.
    private const int FurthestBack = 500;

    /// <summary>The stages that this configuration has, in their only order.</summary>
    public ImmutableArray<StepName> ConfiguredSteps()
    {
        var steps = ImmutableArray.CreateBuilder<StepName>();
        steps.Add(StepName.Preflight);
        if (world.Backup is not null)
            steps.Add(StepName.Backup);
        if (world.Public is not null)
            steps.Add(StepName.MigratePublic);
        if (world.Tenants is not null)
            steps.Add(StepName.MigrateTenants);
        if (world.Target is not null)
            steps.Add(StepName.DeployImage);
        if (world.Config.Health is not null)
            steps.Add(StepName.VerifyHealth);
        return steps.ToImmutable();
    }

    /// <summary>What is released: version, digest and migrations; enough to know the deployment's identity.</summary>
    public async Task<(Release Release, ResolvedImage? Image, ImmutableArray<MigrationSet> Sets)> ReleaseAsync(string? commit, CancellationToken cancellation)
    {
        var sets = ImmutableArray.CreateBuilder<MigrationSet>();
        foreach (var engine in new[] { world.Public, world.Tenants }.OfType<IMigrationEngine>())
            sets.Add(await engine.LoadAsync(cancellation));
        var deploy = world.Config.Deploy;
        var image = world.Target is not null && deploy?.Image is { } reference ? await world.Target.ResolveAsync(reference, cancellation) : null;
        var fingerprint = ReleaseFingerprint.OfMigrations(sets);
        var version = deploy?.Version ?? commit?[..Math.Min(12, commit.Length)] ?? fingerprint;
        return (new Release(version, image?.Pinned ?? deploy?.Image, image?.Digest, fingerprint, image?.Revision ?? commit), image, sets.ToImmutable());
    }

    public async Task<DeployPlan> BuildAsync(Release release, ResolvedImage? image, ImmutableArray<MigrationSet> sets, CancellationToken cancellation)
    {
        var tenants = await TenantsAsync(cancellation);
        var shared = await FleetAsync(world.Public, sets, [new Scope.Public()], cancellation);
        var fleet = await FleetAsync(world.Tenants, sets, [.. tenants.Tenants.Select(t => new Scope.Tenant(t))], cancellation);
        var gate = await ContractGateAsync(cancellation);
        var judged = Planned(shared, ScopeKind.Public, gate).Concat(Planned(fleet, ScopeKind.Tenants, gate)).ToImmutableArray();
        var migrations = judged.Select(j => j.Planned).ToImmutableArray();
        var listed = TenantProblems.Of(tenants.Tenants, tenants.Missing, tenants.Refused, world.Config.Tenants?.Canaries ?? []);
        var refusals = listed.AddRange(shared?.Problems ?? []).AddRange(fleet?.Problems ?? []);
        var breaks = await BreaksWhatServesAsync(migrations, cancellation);
        var holds = breaks is not null && MayHold;
        if (breaks is not null && !holds)
            refusals = refusals.Add(PipelineProblems.IncompatibleRelease(release.Version, breaks.Because, Place(breaks)));
        if (breaks is null || holds)
            refusals = refusals.AddRange(gate.Refusals(judged, MayHold));
        var (found, weight) = await new PlanRisk(world).OfAsync(shared, fleet, cancellation);
        var risk = gate.Accept(found, judged.DistinctBy(j => j.Migration.Forward.Path).ToDictionary(j => j.Migration.Forward.Path, j => j.Migration.Header, StringComparer.Ordinal));
        if (PlanFiles.Refuses(risk, world.Config.Risk.FailOn))
            refusals = refusals.Add(PipelineProblems.TooRiskyPlan(RiskReview.Lines(risk), world.Config.Risk.FailOn.ToString().ToLowerInvariant()));
        return new DeployPlan(release, image, shared, fleet, tenants, migrations, risk, holds, ConfiguredSteps(), refusals) { Weight = weight };
    }

    /// <summary>The first migration that the image that serves does not survive; null where nothing serves.</summary>
    private async Task<PlannedMigration?> BreaksWhatServesAsync(ImmutableArray<PlannedMigration> migrations, CancellationToken cancellation)
    {
        var breaks = migrations.FirstOrDefault(m => m.FitsPreviousImage == false);
        return breaks is not null && world.Target is { } target && (await target.StateAsync(cancellation)).Serving is not null ? breaks : null;
    }

    private bool MayHold => world.Config.Deploy?.Maintenance is { Allowed: true } && world.Target is { CanHold: true };

    private static string Place(PlannedMigration migration) =>
        $"{migration.Version} {migration.Name} ({(migration.Kind == ScopeKind.Public ? "public" : "every tenant")})";

    private async Task<TenantList> TenantsAsync(CancellationToken cancellation) => world.Config.Tenants is { } source
        ? await world.Database.TenantsAsync(source, cancellation)
        : new TenantList([], [], []);

    private static async Task<FleetHistory?> FleetAsync(
        IMigrationEngine? engine, ImmutableArray<MigrationSet> sets, ImmutableArray<Scope> scopes, CancellationToken cancellation)
    {
        if (engine is null)
            return null;
        var set = sets.First(s => s.Kind == engine.Kind);
        var applied = await engine.AppliedAsync(scopes, cancellation);
        var without = scopes.Where(s => applied[s].IsEmpty).ToArray();
        var fleet = FleetHistory.Of(set, applied, await engine.UnadoptedAsync(without, cancellation));
        var pending = set.Migrations.Where(m => fleet.Versions.Contains(m.Version)).ToImmutableArray();
        var unfit = engine.Examine(pending);
        return fleet with { Problems = fleet.Problems.AddRange(unfit.IsEmpty ? await engine.ExamineOnServerAsync(pending, cancellation) : unfit) };
    }

    private async Task<ContractGate> ContractGateAsync(CancellationToken cancellation)
    {
        var state = await world.Ledger.StateAsync(world.Config.EnvironmentName, cancellation);
        var chain = state.LastCommitted is null ? null : ReleaseChain.Of(state, await world.Ledger.HistoryAsync(world.Config.EnvironmentName, FurthestBack, cancellation));
        return new ContractGate(chain, world.Config.Rollback.Window, world.Clock.GetUtcNow());
    }

    private IEnumerable<(Migration Migration, PlannedMigration Planned)> Planned(FleetHistory? fleet, ScopeKind kind, ContractGate gate)
    {
        var earlier = new List<string>();
        foreach (var migration in fleet?.Pending.Values.SelectMany(p => p).DistinctBy(m => m.Version).OrderBy(m => m.Version) ?? Enumerable.Empty<Migration>())
        {
            yield return (migration, Planned(migration, kind, world.Effects.Of(migration.Forward.Sql, earlier), gate.IsDue(migration.Header)));
            earlier.Add(migration.Forward.Sql);
        }
    }

    /// <summary>What the author wrote in the header wins over what the text shows, towards caution only; a contract that is due suits what serves.</summary>
    private static PlannedMigration Planned(Migration migration, ScopeKind kind, ScriptEffect effect, bool isDue)
    {
        var header = migration.Header;
        var phase = header.Phase != Phase.Unknown ? header.Phase : effect.Phase;
        bool? fits = isDue ? true : header.Phase == Phase.Contract ? false : effect.FitsPreviousImage;
        var because = isDue ? $"contract after {header.After}, which serves"
            : header.Phase == Phase.Contract && effect.FitsPreviousImage != false ? "its header says phase=contract" : effect.Because;
        return new PlannedMigration(kind, migration.Version, migration.Name, phase, fits, effect.DestroysData || header.Irreversible, because);
    }
}
