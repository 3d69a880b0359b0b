using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Reporting.Verdict;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Sql;
using SafeDeploy.Risk.Verdict;
using SafeDeploy.Tests.Architecture;

namespace SafeDeploy.Tests.Risk;

/// <summary>Whatever is given as SQL, the answer is one document: no exception, no end of the process, no hang.</summary>
/// <remarks>With <c>SAFE_DEPLOY_TEST_EVERY_LINE=1</c> a hundred times as much, and files of 10 MB.</remarks>
public sealed class FrontDoorFuzzTests
{
    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    private static readonly int Longer = Environment.GetEnvironmentVariable("SAFE_DEPLOY_TEST_EVERY_LINE") == "1" ? 100 : 1;

    // A hang is minutes; what is slow on a loaded machine is not one.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static string[] Corpus() =>
    [
        .. Directory.EnumerateFiles(RuleExamples.Folder, "*.sql", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText),
        .. File.ReadLines(Repository.PathOf("tests", "SafeDeploy.DatabaseTests", "Risk", "LockClaims", "catalogue", "statements.sql")).Select(l => l + "\n"),
    ];

    private static RiskReport Answer(string sql, string? back = null, string? schema = null)
    {
        var started = Stopwatch.GetTimestamp();
        var report = PlanFiles.Run(
            Parser, [new RiskFile("fuzz.sql", sql, 1, back) { IsWayBackKnown = back is not null }], schema is null ? null : new RiskFile("before.sql", schema), RiskOptions.Default, CancellationToken.None);
        using var json = JsonDocument.Parse(PlanFiles.ToJson(report, RiskThreshold.High));
        Assert.Equal(report.Statements.Length, json.RootElement.GetProperty("statements").GetArrayLength());
        Assert.All(report.Statements, s => Assert.True(s.Line >= 1 && s.Column >= 1));
        using var sarif = JsonDocument.Parse(SarifReport.Render(report));
        var review = PlanReview.Of(report, RiskThreshold.High, WayBack.Of(report), null);
        Assert.True(Encoding.UTF8.GetByteCount(ReviewMarkdown.Render(review, ReviewMarkdown.CommentLimit)) <= ReviewMarkdown.CommentLimit);
        Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"{sql.Length} characters took {Stopwatch.GetElapsedTime(started)}");
        return report;
    }

    [Fact]
    public void Random_bytes_are_answered()
    {
        var random = new Random(11);
        for (var i = 0; i < 60 * Longer; i++)
        {
            var bytes = new byte[random.Next(2_000)];
            random.NextBytes(bytes);
            Answer(i % 2 == 0 ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes));
        }
    }

    [Fact]
    public void Mutated_migrations_are_answered()
    {
        var random = new Random(12);
        var corpus = Corpus();
        for (var i = 0; i < 400 * Longer; i++)
        {
            var sql = Mutated(corpus, random);
            var (back, schema) = (i % 3 == 0 ? Mutated(corpus, random) : null, i % 4 == 0 ? Mutated(corpus, random) : null);
            var failed = Record.Exception(() => Answer(sql, back, schema));
            Assert.True(failed is null, $"{sql}\n-- back: {back}\n-- schema: {schema}\n{failed}");
        }
    }

    // Names that go, come back as something else and refer to each other, for hundreds of statements.
    [Theory]
    [InlineData("catalogue")]
    [InlineData("deep")]
    [InlineData("orm")]
    public void A_schema_that_statements_wear_down_is_answered(string world)
    {
        var folder = Repository.PathOf("tests", "SafeDeploy.DatabaseTests", "Risk", "LockClaims", world);
        var schema = File.ReadAllText(Path.Combine(folder, "fixture.sql"));
        var statements = SqlSplitter.Split(File.ReadAllText(Path.Combine(folder, "statements.sql"))).Select(s => s.Text).ToArray();
        for (var seed = 0; seed < 6 * Longer; seed++)
        {
            new Random(seed).Shuffle(statements);
            var failed = Record.Exception(() => Answer(string.Join(";\n", statements), schema: seed % 2 == 0 ? schema : null));
            Assert.True(failed is null, $"seed {seed}: {failed}");
        }
    }

    [Theory]
    [InlineData("create table t (a int) partition by range (a); create index on t (a); alter table t attach partition t default; drop table t")]
    [InlineData("create table t (a int); create table u () inherits (t); alter table t inherit u; drop table t cascade")]
    [InlineData("create table t () inherits (t); drop table t cascade")]
    [InlineData("create table t (a int, b int generated always as (c) stored, c int generated always as (b) stored); alter table t drop column b cascade")]
    [InlineData("create table t (a int generated always as (a) stored); alter table t drop column a cascade")]
    [InlineData("create view v as select 1 a; create view w as select * from v; create or replace view v as select * from w; drop view v cascade")]
    [InlineData("create or replace view v as select * from v; drop view v cascade")]
    [InlineData("create domain a as b; create domain b as a; create table t (x a); alter table t alter x type b; alter table t add y a not null; alter domain a set not null; drop domain a cascade")]
    [InlineData("create domain text as text; create table t (a int); alter table t alter a type text; alter table t alter a type varchar")]
    [InlineData("create domain a as int; alter domain a rename to b; create domain a as b; alter domain b rename to c; alter domain a rename to b; create table t (x b); alter table t alter x type int")]
    [InlineData("create function f() returns int language sql as 'select f()'; select f()")]
    public void What_refers_to_itself_is_answered(string sql) => Answer(sql);

    private static string Mutated(string[] corpus, Random random)
    {
        string Piece() => corpus[random.Next(corpus.Length)];
        var text = new StringBuilder(Piece()).Append(random.Next(3) == 0 ? ";\n" + Piece() : "");
        string[] splinters = ["'", "\"", "$$", "(", ")", ";", "--", "/*", "*/", "\0", "\r", "\uFEFF", "\uD800", "é", "😀", "\\", "{{schema}}.", "${t}", ":x", "::int", " begin ", " end ", " create ", "E'\\"];
        for (var n = random.Next(4); n > 0 && text.Length > 4; n--)
        {
            var at = random.Next(text.Length);
            var length = random.Next(Math.Min(40, text.Length - at));
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, length);
                    break;
                case 1:
                    text.Insert(at, splinters[random.Next(splinters.Length)]);
                    break;
                case 2:
                    text.Insert(random.Next(text.Length), text.ToString(at, length));
                    break;
                default:
                    text[at] = (char)random.Next(1, 0x250);
                    break;
            }
        }

        return text.ToString();
    }

    public static TheoryData<string, string, string, int> Shapes => new()
    {
        { "select ", "(", "1", 10_000 },
        { "select ", "(", "1" + new string(')', 10_000), 10_000 },
        { "select ", "case when true then ", "1", 5_000 },
        { "select 1", "+1", "", 50_000 },
        { "do $$ begin ", "if true then ", " drop table t; end $$", 3_000 },
        { "do $$ begin ", "if true then alter table t add a int; end if; ", "end $$", 10_000 },
        { "do $$ begin ", "begin drop table t; exception when others then null; end; ", "end $$", 10_000 },
        { "", ";", "", 500_000 },
        { "", "{{", "", 500_000 },
        { "", "<%", "", 500_000 },
        { "", "${a}.", "", 200_000 },
        { "", "\\x\n", "", 200_000 },
        { "", "begin;\n", "", 20_000 },
        { "", "copy t from stdin;\n1\n\\.\n", "", 5_000 },
        { "", "-- safe-deploy: ignore drop-table because=\"x\"\ndrop table t;\n", "", 2_000 },
        { "alter table t add column b int;\n", "update t set a = 1 where id = 2;\n", "", 5_000 },
        { "", "$a", "", 500_000 },
        { "select ", "$a$b$a$ || ", "1", 50_000 },
        { "insert into t values (1)", ",(1,'abcdefghij')", "", 20_000 },
        { "create table t (a int", ",c int", ")", 20_000 },
        { "drop table ", "a", "", 500_000 },
        { "select '", "x", "", 500_000 },
        { "/*", " /* x", "", 100_000 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Long_and_deep_files_are_answered(string start, string again, string end, int times) =>
        Answer(new StringBuilder(start).Insert(start.Length, again, Longer == 1 ? times : LongTimes(again, times)).Append(end).ToString());

    // 10 MB, or ten times the statements.
    private static int LongTimes(string again, int times) => Math.Max(times, again.Contains(";\n", StringComparison.Ordinal) ? times * 10 : (10 << 20) / again.Length);

    [Fact]
    public void A_list_where_the_grammar_elsewhere_has_one_node_is_no_node() =>
        Answer("alter type m add value 'b';\ninsert into t values ('b');", "alter publication pub drop table plan;");

    [Theory]
    [InlineData("\uFEFFdrop table t;\r\n\r\nalter table t2 add a int;\r\n", 3)]
    [InlineData("select 1;\r\rdrop table t;", 3)]
    [InlineData("select 1;\0\ndrop table t;", 2)]
    [InlineData("select 'é😀';\ndrop table \"Ü\";", 2)]
    public void Marks_and_line_ends_of_every_editor_leave_places_right(string sql, int line) => Assert.Equal(line, Answer(sql).Statements[^1].Line);

    [Fact]
    public void What_follows_a_statement_that_is_no_sql_is_still_judged()
    {
        var report = Answer("create tabel t (a int);\ndrop table u;\nselect 'open;\ndrop table v;");

        Assert.Equal(["sql-does-not-parse", "drop-table", "sql-does-not-parse"], report.Statements.Select(s => s.Findings[0].Rule));
    }
}
