using System.Collections.Immutable;
using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Ports;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Fleet;

namespace SafeDeploy.Tests.Risk;

public sealed class FleetFindingTests
{
    private const string Schema = "create schema tenant; set search_path = tenant; create table sale (id bigint primary key, email text); create index a on sale (email); create index b on sale (id, email);";

    private static FleetStatistics Statistics(long slots) => new(
        1, DateTimeOffset.UnixEpoch, 150000, slots, ["a", "b", "c", "d"],
        ImmutableSortedDictionary<string, TableSizes>.Empty.Add("sale", new TableSizes([1, 1, 1, 1], [200L << 20, 400L << 20, 200L << 20, 2000L << 20])),
        ImmutableSortedDictionary<string, TableSizes>.Empty, "");

    private static RiskReport Judge(string sql) => PlanFiles.Run(
        PgQueryParser.Load(), [new RiskFile("7.sql", sql)], new RiskFile("before.sql", Schema), RiskOptions.Default, CancellationToken.None);

    [Fact]
    public void A_suppression_waits_for_what_only_the_server_can_tell()
    {
        const string Reason = "-- safe-deploy: ignore out-of-shared-memory because=\"a window with nobody else\"\n";
        var fleet = new FleetRisk(Statistics(4), 1);

        var open = fleet.WithLockFindings(Judge("drop table sale")).Statements.Single().Findings;
        var silent = fleet.WithLockFindings(Judge(Reason + "drop table sale")).Statements.Single().Findings;

        Assert.Null(open.Single(f => f.Rule == "out-of-shared-memory").SuppressedBecause);
        Assert.Equal("a window with nobody else", silent.Single(f => f.Rule == "out-of-shared-memory").SuppressedBecause);
        Assert.DoesNotContain(silent, f => f.Rule == "unused-suppression");
    }

    [Fact]
    public void A_suppression_behind_the_last_statement_silences_nothing() =>
        Assert.Equal(["drop-table", "unused-suppression"], Judge("drop table sale;\n\n-- safe-deploy: ignore drop-table because=\"late\"\n").Statements.Single().Open.Select(f => f.Rule).Order());

    [Fact]
    public void The_document_carries_what_the_change_costs_over_all_tenants()
    {
        var report = Judge("create index c on sale (email);");

        using var document = JsonDocument.Parse(PlanFiles.ToJson(report, RiskThreshold.High, new FleetRisk(Statistics(6400), 2)));
        using var alone = JsonDocument.Parse(PlanFiles.ToJson(report, RiskThreshold.High));

        var figure = document.RootElement.GetProperty("fleet")[0];
        Assert.Equal((4, 5.0, 50.0, 70.0, "d"), (
            figure.GetProperty("tenants").GetInt32(), figure.GetProperty("median_seconds").GetDouble(), figure.GetProperty("max_seconds").GetDouble(),
            figure.GetProperty("total_seconds").GetDouble(), figure.GetProperty("largest").GetString()));
        Assert.False(alone.RootElement.TryGetProperty("fleet", out _));
    }
}
