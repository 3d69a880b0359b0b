using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Pipeline;
using SafeDeploy.Ports;
using SafeDeploy.Risk;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Pipeline;

/// <summary>The rollback decision before anything has happened.</summary>
public sealed class PlanForecastTests
{
    private static readonly MigrationVersion Version = new("0042");

    [Theory]
    [InlineData(true, true, false, "b: the image goes back, the schema stays forward (every change is an expand)")]
    [InlineData(null, true, false, "b where the gates pass against the image that serves now, else e: traffic is held, every schema goes back, then the image")]
    [InlineData(null, false, false, "b where the gates pass against the image that serves now, else f: forbidden, 0042 price has no rollback migration")]
    [InlineData(false, true, false, "e: traffic is held, every schema goes back, then the image")]
    [InlineData(false, false, false, "f: forbidden, 0042 price has no rollback migration")]
    [InlineData(false, true, true, "f: forbidden, 0042 price cannot be undone (DROP COLUMN price)")]
    public void What_is_pending_decides(bool? fits, bool hasRollback, bool destroys, string forecast) =>
        Assert.Equal(forecast, PlanForecast.Of(Plan(fits, hasRollback, destroys)));

    [Fact]
    public void Without_migrations_only_the_image_goes_back() => Assert.Equal(
        "a: the image goes back; no schema is touched",
        PlanForecast.Of(Plan(true, true, false) with { Tenants = null, Migrations = [] }));

    private static DeployPlan Plan(bool? fits, bool hasRollback, bool destroys)
    {
        var script = new MigrationScript("db/tenant/0042_price.sql", "select 1", 1);
        var migration = new Migration(Version, "price", "sha256:1", script, hasRollback ? script : null, MigrationHeader.None);
        var set = new MigrationSet(ScopeKind.Tenants, "golang-migrate", "db/tenant", [migration]);
        var pending = ImmutableSortedDictionary<Scope, ImmutableArray<Migration>>.Empty.Add(Scope.Parse("acme"), [migration]);
        return new DeployPlan(
            new Release("v2", null, null, "m2", null), null, null, new FleetHistory(set, pending, []), new TenantList([], [], []),
            [new PlannedMigration(ScopeKind.Tenants, Version, "price", Phase.Unknown, fits, destroys, destroys ? "DROP COLUMN price" : "")],
            new RiskReport([], []), false, [], []);
    }
}
