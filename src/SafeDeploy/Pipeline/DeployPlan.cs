using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>Everything decided in advance: what is released, what is pending where, whether the serving image survives it.</summary>
/// <param name="Image">What the image reference meant when the plan was made; null where no image is deployed.</param>
/// <param name="Migrations">Each pending migration once, with what the effect model says of it.</param>
/// <param name="Risk">What the rules say of every pending statement.</param>
/// <param name="HoldsTraffic">Incompatible, and the configuration allows to hold traffic for it.</param>
/// <param name="Steps">The configured stages in order.</param>
/// <param name="Refusals">What forbids to start; empty = go.</param>
public sealed record DeployPlan(
    Release To,
    ResolvedImage? Image,
    FleetHistory? Public,
    FleetHistory? Tenants,
    TenantList TenantList,
    ImmutableArray<PlannedMigration> Migrations,
    RiskReport Risk,
    bool HoldsTraffic,
    ImmutableArray<StepName> Steps,
    ImmutableArray<Problem> Refusals)
{
    /// <summary>The risk multiplied by the tenants; null where nothing is pending or no sizes are known.</summary>
    public FleetRisk? Weight { get; init; }

    public ImmutableArray<MigrationVersion> PendingPublic => Public?.Versions ?? [];

    public ImmutableSortedDictionary<string, ImmutableArray<MigrationVersion>> PendingTenants =>
        Tenants?.Pending.Where(p => !p.Value.IsEmpty)
            .ToImmutableSortedDictionary(p => p.Key.Schema, p => p.Value.Select(m => m.Version).ToImmutableArray())
        ?? ImmutableSortedDictionary<string, ImmutableArray<MigrationVersion>>.Empty;

    public bool ChangesData => !PendingPublic.IsEmpty || !PendingTenants.IsEmpty;

    /// <summary>True only if every pending migration is an expand; null = unknown. No migration at all fits.</summary>
    public bool? FitsPreviousImage => Migrations.Any(m => m.FitsPreviousImage == false) ? false
        : Migrations.Any(m => m.FitsPreviousImage is null) ? null : true;

    public LedgerFact.Planned AsFact() => new(PendingPublic, PendingTenants, Migrations, HoldsTraffic, Steps);
}
