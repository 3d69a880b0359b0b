using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Steps.MigrateTenants;

namespace SafeDeploy.Pipeline;

/// <summary>The risk of what is pending, with what only the live database knows: structure, sizes, and the rows themselves. Reads only.</summary>
public sealed class PlanRisk(World world)
{
    /// <returns>The judgement, and how it is multiplied by the tenants; null where nothing is pending.</returns>
    public async Task<(RiskReport Report, FleetRisk? Fleet)> OfAsync(FleetHistory? shared, FleetHistory? tenants, CancellationToken cancellation)
    {
        var waiting = Waiting(tenants);
        var statistics = waiting.IsEmpty && Waiting(shared).IsEmpty ? null : await world.Database.StatisticsAsync(waiting, Reference(tenants), cancellation);
        var subject = new RiskSubject(
            world.Config.Risk, shared, tenants, world.Config.Tenants?.Shared ?? [], statistics?.Schema, DateOnly.FromDateTime(world.Clock.GetUtcNow().UtcDateTime));
        var report = RiskReview.Of(world.Parser, subject, cancellation);
        if (statistics is null)
            return (report, null);
        var fleet = new FleetRisk(statistics, await ParallelAsync(waiting.Length, cancellation));
        var preflight = new DataPreflight(world.Database);
        var asked = await preflight.AskAsync(fleet.WithLockFindings(report), file => Scopes(file, shared, tenants), cancellation);
        return (asked with { Notes = [.. asked.Notes, .. await preflight.DriftAsync(tenants, cancellation)] }, fleet);
    }

    private static ImmutableArray<Scope> Waiting(FleetHistory? fleet) => fleet is null ? [] : [.. fleet.Pending.Where(p => !p.Value.IsEmpty).Select(p => p.Key)];

    /// <summary>The tenant that is furthest behind, but not empty: everything that is judged is still to come there.</summary>
    private static Scope? Reference(FleetHistory? tenants) => tenants is null ? null : tenants.Pending
        .OrderByDescending(p => p.Value.Length < tenants.Set.Migrations.Length).ThenByDescending(p => p.Value.Length).ThenBy(p => p.Key)
        .Select(p => p.Key).FirstOrDefault();

    private static ImmutableArray<Scope> Scopes(string file, params FleetHistory?[] fleets) =>
    [
        .. fleets.OfType<FleetHistory>().SelectMany(f => f.Pending).Where(p => p.Value.Any(m => m.Forward.Path == file)).Select(p => p.Key),
    ];

    private async Task<int> ParallelAsync(int waiting, CancellationToken cancellation) => waiting == 0
        ? 1
        : ParallelChoice.Of(world.Config.Migrations.Parallel, await world.Database.FactsAsync(cancellation), Environment.ProcessorCount, waiting).Tenants;
}
