using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Pipeline;

/// <summary>The risk of a change to the migration folders, without any database: what a pull request can know. Pure.</summary>
public static class ChangePlan
{
    /// <param name="isChanged">Whether the change adds or alters a file; the others are replayed for what they made.</param>
    /// <param name="statistics">Exported from production; null = the unchanged files say what exists, and no sizes are known.</param>
    public static (RiskReport Report, FleetRisk? Fleet) Of(
        ISqlParser parser, DeployConfig config, ImmutableArray<MigrationSet> sets, Func<string, bool> isChanged, FleetStatistics? statistics, DateOnly today, CancellationToken cancellation)
    {
        FleetHistory? History(ScopeKind kind, Scope scope) => sets.FirstOrDefault(s => s.Kind == kind) is { } set
            ? new FleetHistory(set, ImmutableSortedDictionary<Scope, ImmutableArray<Migration>>.Empty.Add(scope, [.. set.Migrations.Where(m => isChanged(m.Forward.Path))]), [])
            : null;
        var subject = new RiskSubject(
            config.Risk, History(ScopeKind.Public, new Scope.Public()), History(ScopeKind.Tenants, Scope.Parse(TenantContext.OwnSchema)), config.Tenants?.Shared ?? [], statistics?.Schema, today);
        var report = RiskReview.Of(parser, subject, cancellation);
        if (statistics is null)
            return (report, null);
        var fleet = new FleetRisk(statistics, config.Migrations.Parallel is Parallelism.Exactly { Tenants: var many } ? many : 1);
        return (fleet.WithLockFindings(report), fleet);
    }
}
