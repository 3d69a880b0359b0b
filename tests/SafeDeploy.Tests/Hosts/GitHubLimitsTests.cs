using System.Collections.Immutable;
using System.Text;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.GitHub;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Hosts;

/// <summary>Comment, summary, issue and annotations at their limits, and with names that mean harm.</summary>
public sealed class GitHubLimitsTests
{
    private const string Hostile = "x|y`z`<script>alert(1)</script>\n::error::mine\r] ; @acme/owners [a](http://evil) # 100%";

    private static readonly Uri Run = new("https://github.example/acme/pos/actions/runs/7");

    [Fact]
    public void A_comment_with_thousands_of_findings_fits_and_says_how_many_more()
    {
        var plan = Plan([.. Enumerable.Range(0, 5000).Select(i => Finding($"db/{i}.sql", i % 2 == 0 ? "low" : "critical", Hostile))]);
        var comment = GitHubPlan.Comment(plan, Run);
        Assert.InRange(comment.Length, 60_000, GitHubReports.BodyLimit);
        Assert.StartsWith("<!-- safe-deploy:plan:prod -->\n", comment, StringComparison.Ordinal);
        Assert.Contains(" more\n", comment, StringComparison.Ordinal);
        Assert.EndsWith($"[The whole plan]({Run})\n", comment, StringComparison.Ordinal);
        Assert.DoesNotContain("| low |", comment, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comment_with_endless_lines_still_fits() =>
        Assert.InRange(GitHubPlan.Comment(Plan([Finding("a.sql", "high", new string('&', 100_000))]) with
        {
            Lines = [.. Enumerable.Range(0, 400).Select(i => ($"{i}", new string('|', 10_000)))],
        }, Run).Length, 1, GitHubReports.BodyLimit);

    [Fact]
    public void A_hostile_text_stays_one_cell()
    {
        var safe = HostMarkdown.Text(Hostile);
        foreach (var forbidden in new[] { "|", "`", "<", ">", "\n", "\r", "[a]", "@acme" })
            Assert.DoesNotContain(forbidden, safe, StringComparison.Ordinal);
    }

    [Fact]
    public void Annotations_are_the_worst_ten_of_a_level_in_changed_files_only()
    {
        var plan = Plan([.. Enumerable.Range(0, 400).Select(i => Finding($"{i}.sql", i < 15 ? "critical" : i < 30 ? "high" : "medium", "m")), Finding("other.sql", "critical", "m")]);
        var changed = Enumerable.Range(0, 400).Select(i => $"app/{i}.sql").ToHashSet();
        var annotations = plan.Annotations(changed, "app");
        Assert.Equal(10, annotations.Count(a => a.Level == "error"));
        Assert.All(annotations.Where(a => a.Level == "error"), a => Assert.StartsWith("critical", a.Title, StringComparison.Ordinal));
        Assert.Equal(10, annotations.Count(a => a.Level == "warning"));
        Assert.DoesNotContain(annotations, a => a.File.EndsWith("other.sql", StringComparison.Ordinal));
    }

    [Fact]
    public void A_summary_of_ten_thousand_tenants_fits_and_has_those_taken_back_first()
    {
        var summary = StepSummary.Of("migrate-tenants", Outcome(10_000), StepSummary.Limit);
        Assert.InRange(Encoding.UTF8.GetByteCount(summary), 100_000, GitHubFiles.SummaryLimit);
        var rows = summary.Split('\n').SkipWhile(l => !l.StartsWith("| schema |", StringComparison.Ordinal)).Skip(2).ToArray();
        Assert.StartsWith("| tenant&#95;9999", rows[0], StringComparison.Ordinal);
        Assert.Contains(" more: see the report", summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Four_hundred_tenants_fit_and_those_that_failed_come_first()
    {
        var failed = Outcome(400);
        var report = failed.Report! with { Failures = [.. Enumerable.Range(0, 120).Select(i => new ScopeFailure($"{Hostile}{i}", "SD0301", Hostile, 7))] };
        var summary = StepSummary.Of("migrate-tenants", failed with { Report = report }, StepSummary.Limit);
        Assert.InRange(Encoding.UTF8.GetByteCount(summary), 1, GitHubFiles.SummaryLimit);
        Assert.InRange(summary.IndexOf("#### Failed: 120 schemas", StringComparison.Ordinal), 1, summary.IndexOf("#### 400 schemas", StringComparison.Ordinal));
        Assert.Contains("… and 20 more that failed", summary, StringComparison.Ordinal);
        Assert.DoesNotContain(" more: see the report", summary, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", summary, StringComparison.Ordinal);
        Assert.DoesNotContain("\n::error", summary, StringComparison.Ordinal);
        Assert.InRange(PostMortem.Body(failed with { Report = report }, Run, GitHubReports.BodyLimit).Length, 1, GitHubReports.BodyLimit);
    }

    [Fact]
    public void An_issue_has_its_marker_first_and_fits()
    {
        var issue = PostMortem.Body(Outcome(10_000), Run, GitHubReports.BodyLimit);
        Assert.StartsWith("<!-- safe-deploy:post-mortem:prod-1 -->\n", issue, StringComparison.Ordinal);
        Assert.InRange(issue.Length, 1, GitHubReports.BodyLimit);
        Assert.Contains("## Post-mortem", PostMortem.Body(Outcome(3), Run, GitHubReports.BodyLimit), StringComparison.Ordinal);
    }

    [Fact]
    public void A_summary_reads_like_this() => Golden.Verify(StepSummary.Of("migrate-tenants", Outcome(3), StepSummary.Limit));

    [Fact]
    public void A_comment_reads_like_this() => Golden.Verify(GitHubPlan.Comment(
        Plan([Finding("db/tenant/000007_codes.up.sql", "high", "the index blocks writes to sale until it is built"), Finding("db/tenant/000007_codes.up.sql", "medium", Hostile)]), Run));

    private static PlanView Plan(ImmutableArray<RiskLine> findings) => new(
        "prod", true, "this release would be refused", [("release", "v3 to prod"), ("if it fails", "tenants back, then public; the old image never left")], PlanView.Sorted(findings));

    private static RiskLine Finding(string file, string severity, string message) =>
        new(file, 3, "create-index-without-concurrently", severity, message, "CREATE INDEX CONCURRENTLY");

    private static OutcomeDocument Outcome(int tenants)
    {
        var problem = new ProblemNote("SD0301", $"tenant \"{Hostile}\" failed", "scope tenant_2", "2 of 3 tenants", "going back", "read the evidence", "");
        var scopes = Enumerable.Range(0, tenants).Select(i => new ScopeReport(
            $"tenant_{i}", [new MigrationVersion("000007")], i == tenants - 1 ? [new MigrationVersion("000007")] : [], 10 + i, 1));
        var report = new RunReport(
            "prod-1", "pos", "prod", new Release("v1", "acme/pos:v1", "sha256:1111", "m1", null), new Release("v2", "acme/pos:v2", "sha256:2222", "m2", null), DateTimeOffset.UnixEpoch,
            Conclusion.Incomplete, 2, "the rollback stopped before its end", [new StepReport(StepName.MigrateTenants, "failed", "2 of 3 tenants", 1234)],
            new DecisionReport("c", "tenants back, then public", "2 of 3 scopes moved", ["tenant_0 back by 000007", Hostile]), [.. scopes], [problem], []);
        return new OutcomeDocument("incomplete", 2, report.Statement, [], report);
    }
}
