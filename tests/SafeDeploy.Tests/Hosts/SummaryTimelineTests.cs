using System.Collections.Immutable;
using System.Text;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.GitHub;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Hosts;

/// <summary>The timeline of a job's summary: one screen, whatever happened.</summary>
public sealed class SummaryTimelineTests
{
    private const string Hostile = "x|y`z`<script>\n::error::mine\r] ; @acme/owners [a](http://evil)";

    private static readonly DeploymentId Id = new("prod-1");
    private static readonly MigrationVersion Version = new("000007");

    [Fact]
    public void A_release_that_went_back_reads_like_this() => Golden.Verify(SummaryTimeline.Of(Timeline(WentBack(3, "tenant_3"))));

    [Fact]
    public void A_summary_has_its_timeline_before_the_long_list_of_schemas()
    {
        var summary = Summary(WentBack(3, "tenant_3"));
        var decision = summary.IndexOf("**Decision c**", StringComparison.Ordinal);
        var timeline = summary.IndexOf("#### Timeline, from 2026-03-01 02:00:00 UTC", StringComparison.Ordinal);
        Assert.InRange(timeline, decision, summary.IndexOf("#### 1 schema", StringComparison.Ordinal));
    }

    [Fact]
    public void Five_thousand_tenants_that_go_back_are_one_screen_and_counted()
    {
        var summary = Summary(WentBack(5000, "tenant_3"));
        var rows = summary.Split('\n').Where(line => line.StartsWith("| +", StringComparison.Ordinal)).ToArray();
        Assert.InRange(rows.Length, 10, 40);
        Assert.Contains(rows, row => row.Contains("… and 4997 more like it, until +2:", StringComparison.Ordinal));
        Assert.InRange(Encoding.UTF8.GetByteCount(summary), 1, GitHubFiles.SummaryLimit);
    }

    [Fact]
    public void A_restless_deployment_keeps_its_beginning_and_its_end()
    {
        var restless = Enumerable.Range(0, 900).SelectMany(i => (LedgerFact[])[new LedgerFact.GateRead("page", "front", "fail", "20 of 20 failed", "1 %", ""), new LedgerFact.Noted("warning", $"{i}")]);
        var rows = SummaryTimeline.Rows(Timeline([new LedgerFact.StepStarted(StepName.VerifyHealth), .. restless, new LedgerFact.Concluded(Conclusion.Forbidden, 2, "it stays", [])]));
        Assert.Equal(40, rows.Length);
        Assert.Equal(("verify-health begins", "forbidden: a person decides"), (rows[0].Text, rows[^1].Text));
        Assert.Contains(rows, row => row.Text == "… 1763 rows left out: see the report");
    }

    [Fact]
    public void A_moment_between_two_steps_of_a_chain_is_no_row_and_an_approval_is_one()
    {
        var parked = new LedgerFact.Parked(DateTimeOffset.UnixEpoch, "backup");
        var rows = SummaryTimeline.Rows(DeploymentReportReader.TimelineOf(new LedgerHistory([Entry(1, 0, parked), Entry(2, 59, parked), Entry(3, 3659, new LedgerFact.Committed("ana"))])));
        Assert.Equal([("+0:00:59", "3600.0 s"), ("+1:00:59", "")], rows.Select(row => (row.After, row.Took)));
    }

    [Fact]
    public void Names_that_mean_harm_stay_text()
    {
        var text = SummaryTimeline.Of(Timeline([new LedgerFact.Noted(Hostile, Hostile), new LedgerFact.GateRead(Hostile, Hostile, "fail", Hostile, "", Hostile)]));
        Assert.All(text.Split('\n').Where(line => line.StartsWith('|')), line => Assert.Equal(4, line.Count(c => c == '|')));
        foreach (var forbidden in (string[])["<script>", "\n::", "@acme", "[a]"])
            Assert.DoesNotContain(forbidden, text, StringComparison.Ordinal);
    }

    private static ImmutableArray<LedgerFact> WentBack(int tenants, string failing)
    {
        var problem = new ProblemNote("SD0413", "not unique", "where", "untouched", "now", "next", "");
        var scopes = Enumerable.Range(1, tenants).Select(i => Scope.Parse($"tenant_{i}")).ToImmutableArray();
        return
        [
            new LedgerFact.Opened("pos", "prod", new Release("v1", "b:1", "sha256:1111", "m1", null), new Release("v2", "b:2", "sha256:2222", "m2", null), new RunIdentity("7", null, "ana", "runner", 1), 1),
            new LedgerFact.StepStarted(StepName.Backup),
            new LedgerFact.Intended("backup", new Change.TakeBackup("set-1"), new Undo.Nothing()),
            new LedgerFact.Applied("backup", "4 schemas in 2 parts", 900),
            new LedgerFact.StepFinished(StepName.Backup, "succeeded", "4 schemas in 2 parts", [], 1800),
            new LedgerFact.StepStarted(StepName.MigrateTenants),
            new LedgerFact.Intended("canaries", Wave("canaries", scopes[..1]), new Undo.Nothing()),
            new LedgerFact.Applied("canaries", "wave \"canaries\": 1 tenant", 900),
            new LedgerFact.CompatibilityProved("canaries"),
            new LedgerFact.Intended("10%", Wave("10%", scopes[1..2]), new Undo.Nothing()),
            new LedgerFact.Applied("10%", "wave \"10%\": 1 tenant", 900),
            new LedgerFact.Intended("100%", Wave("100%", scopes[2..]), new Undo.Nothing()),
            new LedgerFact.LockWaited(scopes[2], Version, "ACCESS EXCLUSIVE on sale", "pid 7, psql", 3000, 1),
            new LedgerFact.ScopeFailed(Scope.Parse(failing), "SD0413", "not unique", 2),
            new LedgerFact.ChangeFailed("100%", problem),
            new LedgerFact.StepFinished(StepName.MigrateTenants, "failed", "not unique", [problem], 9000),
            new LedgerFact.RollbackClaimed("ana", false, "the job failed"),
            new LedgerFact.RollbackDecided("c", "tenants go back", "every change has a way back", [.. scopes.Select(Back)]),
            .. scopes.SelectMany((scope, i) => (LedgerFact[])[new LedgerFact.Intended($"back:{i}", Back(scope), new Undo.Nothing()), new LedgerFact.Applied($"back:{i}", "", 200)]),
            new LedgerFact.ScopeMigrated(scopes[0], Version, Direction.Rollback, "back:0", 1, 90),
            new LedgerFact.Concluded(Conclusion.RolledBack, 1, "tenants went back", [problem]),
        ];
    }

    private static Change Wave(string name, ImmutableArray<Scope> scopes) => new Change.MigrateWave(ScopeKind.Tenants, name, scopes, [Version]);

    private static Change Back(Scope scope) => new Change.MigrateScopeBack(scope, [Version]);

    private static string Summary(ImmutableArray<LedgerFact> facts)
    {
        var history = History(facts);
        var report = RunReport.Of(Id, history);
        return StepSummary.Of("run", new OutcomeDocument("rolled-back", 1, report.Statement, [], report) { Timeline = DeploymentReportReader.TimelineOf(history) }, StepSummary.Limit);
    }

    private static ImmutableArray<TimelineEntry> Timeline(ImmutableArray<LedgerFact> facts) => DeploymentReportReader.TimelineOf(History(facts));

    /// <summary>One fact a second.</summary>
    private static LedgerHistory History(ImmutableArray<LedgerFact> facts) => new([.. facts.Select((fact, i) => Entry(i + 1, i, fact))]);

    private static LedgerEntry Entry(long sequence, double seconds, LedgerFact fact) => new(
        sequence, Id, 1, new DateTimeOffset(2026, 3, 1, 2, 0, 0, TimeSpan.Zero).AddSeconds(seconds), fact switch
        {
            LedgerFact.StepStarted started => started.Step,
            LedgerFact.Applied { Id: "backup" } => StepName.Backup,
            LedgerFact.Applied { Id: var id } when id.StartsWith("back:", StringComparison.Ordinal) => StepName.Rollback,
            LedgerFact.Applied or LedgerFact.ChangeFailed or LedgerFact.ScopeFailed or LedgerFact.LockWaited => StepName.MigrateTenants,
            _ => null,
        }, fact);
}
