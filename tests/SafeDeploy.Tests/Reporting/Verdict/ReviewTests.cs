using System.Text;
using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Reporting.Verdict;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Verdict;

namespace SafeDeploy.Tests.Reporting.Verdict;

/// <summary>What <c>plan</c> says of a change, in every form it can be asked for.</summary>
public sealed class ReviewTests
{
    private const string Schema = """
        create table plan (id bigint primary key, name text);
        create table sale (id bigint primary key, plan_id bigint, total numeric not null, email text);
        """;

    private const string Change = """
        create table note (id bigserial primary key, text text);
        create index sale_email on sale (email);
        alter table sale add constraint sale_plan foreign key (plan_id) references plan (id);
        alter table sale alter column email set not null;
        alter table sale add column code uuid not null default gen_random_uuid();
        alter table sale drop column total;
        """;

    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    private static RiskReport Judge(string sql, string? rollback = null, string path = "db/000007_more.up.sql") =>
        PlanFiles.Run(Parser, [new RiskFile(path, sql, 1, rollback)], new RiskFile("before.sql", Schema), RiskOptions.Default, CancellationToken.None);

    private static PlanReview Review(RiskReport report, RiskThreshold failOn = RiskThreshold.High) => PlanReview.Of(report, failOn, WayBack.Of(report));

    [Fact]
    public void A_change_for_a_terminal() => Golden.Verify(ReviewText.Render(Review(Judge(Change))));

    [Fact]
    public void A_change_for_a_pull_request() => Golden.Verify(ReviewMarkdown.Render(Review(Judge(Change))));

    [Fact]
    public void A_change_that_nobody_notices_is_one_line_and_its_way_back() =>
        Golden.Verify(ReviewText.Render(Review(Judge("create table note (id bigserial primary key);\nalter table sale add column note text;", "drop table note;"))));

    [Fact]
    public void The_worst_statement_comes_first()
    {
        var rows = Review(Judge(Change)).Rows;

        Assert.Equal(Severity.Critical, rows[0].Severity);
        Assert.Equal(6, rows[0].Line);
        Assert.Equal(rows.Select(r => r.Severity).OrderDescending(), rows.Select(r => r.Severity));
    }

    [Fact]
    public void Both_tables_of_a_foreign_key_are_named_with_their_locks() => Assert.Equal<IEnumerable<(string, LockLevel)>>(
        [("public.plan", LockLevel.ShareRowExclusive), ("public.sale", LockLevel.ShareRowExclusive)],
        Review(Judge(Change)).Rows.Single(r => r.Line == 3).Locks);

    [Theory]
    [InlineData("alter table sale add column note text", "drop", "image back, schema stays (every change is an expand)")]
    [InlineData("alter table sale rename column email to mail", "back", "traffic is held, every schema goes back, then the image")]
    [InlineData("alter table sale rename column email to mail", null, "no automatic way back (db/000007_more.up.sql comes without a rollback migration): a person decides")]
    [InlineData("alter table sale drop column email", "back", "no automatic way back (db/000007_more.up.sql:1 destroys data): a person decides")]
    public void The_way_back_is_decided_in_advance(string sql, string? rollback, string after) =>
        Assert.Equal(after, WayBack.Of(Judge(sql, rollback)).After);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_table_that_another_file_makes_is_locked_only_where_each_file_is_judged_alone(bool independent)
    {
        RiskFile[] files = [new("1.sql", "create table note (id bigint primary key, text text);"), new("2.sql", "alter table note drop column text;")];
        var review = Review(PlanFiles.Run(Parser, files, null, RiskOptions.Default with { Independent = independent }, CancellationToken.None));

        Assert.Equal(independent, ReviewText.Render(review).Contains("  locks    ACCESS EXCLUSIVE on public.note\n  waits    reads and writes, for an instant\n", StringComparison.Ordinal));
        Assert.Equal(independent, ReviewMarkdown.Render(review).Contains("| ACCESS EXCLUSIVE on public.note | reads and writes, for an instant |", StringComparison.Ordinal));
        Assert.DoesNotContain("none that keeps anybody out", ReviewText.Render(review), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_is_made_only_later_is_locked_before()
    {
        var text = ReviewText.Render(Review(Judge("drop table sale;\ncreate table sale (id bigint primary key);")));

        Assert.Contains("  locks    ACCESS EXCLUSIVE on public.sale\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReviewMarkdown.CommentLimit)]
    [InlineData(ReviewMarkdown.SummaryLimit)]
    [InlineData(2000)]
    public void A_huge_change_stays_within_its_limit_and_says_how_much_more_there_is(int limit)
    {
        var review = Review(Judge("alter table sale drop column \"ü\";\n" + Change));
        var huge = review with { Rows = [.. Enumerable.Repeat(review.Rows, 3000).SelectMany(rows => rows)] };

        var text = ReviewMarkdown.Render(huge, limit);

        Assert.InRange(Encoding.UTF8.GetByteCount(text), limit / 2, limit);
        Assert.Matches(@"… and \d+ more\.", text);
    }

    [Fact]
    public void Names_from_the_files_are_text_and_never_markup_or_mentions()
    {
        var text = ReviewMarkdown.Render(Review(Judge("drop table \"@team <img src=x> | `x` [a](b)\";")));

        Assert.DoesNotContain("<img", OutsideCode(text), StringComparison.Ordinal);
        Assert.DoesNotContain("@team", OutsideCode(text), StringComparison.Ordinal);
        var cells = text.Split('\n').Single(l => l.StartsWith("| 🔴", StringComparison.Ordinal)).Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|');
        Assert.Equal(8, cells);
    }

    private static string OutsideCode(string text) =>
        System.Text.RegularExpressions.Regex.Replace(text, @"(`{3,})[^`][\s\S]*?\n\1|(`+)[\s\S]*?[^`]\2(?!`)", "");

    [Fact]
    public void At_most_ten_annotations_a_level_the_worst_first_and_the_rest_counted()
    {
        var report = Judge(string.Concat(Enumerable.Range(0, 15).Select(i => $"create index i{i} on sale (email);\n")) + "drop table plan cascade;");

        var annotations = ReviewAnnotations.Of(Review(report));

        var failures = annotations.Where(a => a.Level == AnnotationLevel.Failure).ToArray();
        Assert.Equal(10, failures.Length);
        Assert.Equal(("drop-table", 16), (failures[0].Title, failures[0].Line));
        Assert.StartsWith("and ", failures[^1].Title, StringComparison.Ordinal);
        Assert.All(annotations.GroupBy(a => a.Level), level => Assert.InRange(level.Count(), 1, 10));
    }

    [Fact]
    public void The_sarif_document_keeps_the_rules_of_its_schema()
    {
        var report = Judge("-- safe-deploy: ignore drop-table because=\"unused\"\ndrop table plan;\n" + Change + "\nalter tabel x;", path: "./db/ä b%/x.sql");

        SarifRules.Verify(JsonDocument.Parse(SarifReport.Render(report)).RootElement);
    }

    [Fact]
    public void Sarif_names_the_place_and_keeps_its_fingerprint_when_lines_move()
    {
        var first = Results(Judge("drop table plan;")).Single(r => r.GetProperty("ruleId").GetString() == "drop-table");
        var moved = Results(Judge("\n\n  drop   table plan;")).Single(r => r.GetProperty("ruleId").GetString() == "drop-table");

        Assert.Equal("db/000007_more.up.sql", first.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString());
        Assert.Equal(3, moved.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("region").GetProperty("startLine").GetInt32());
        Assert.Equal(first.GetProperty("partialFingerprints").ToString(), moved.GetProperty("partialFingerprints").ToString());
    }

    private static IEnumerable<JsonElement> Results(RiskReport report) =>
        JsonDocument.Parse(SarifReport.Render(report)).RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray();
}
