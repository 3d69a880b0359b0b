using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Rewrites;

namespace SafeDeploy.Tests.Risk.Rewrites;

/// <summary>Mechanical rewrites: the same end by steps that nobody has to wait for.</summary>
public sealed class FixFilesTests
{
    private const string Schema = """
        create table plan (id bigint primary key);
        create table sale (id bigint primary key, plan_id bigint, total numeric, email text);
        create index old_one on sale (plan_id);
        """;

    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    private static RiskReport Judge(params RiskFile[] files) =>
        PlanFiles.Run(Parser, files, new RiskFile("before.sql", Schema), RiskOptions.Default, CancellationToken.None);

    private static FileFix? Fix(string path, string sql, string? rollback = null)
    {
        var report = Judge(new RiskFile(path, sql, 1, rollback));
        return FixFiles.Of(report.Files[0], report.Statements, Parser);
    }

    private static string Shown(FileFix fix) => string.Join('\n', fix.Files.Select(f => $"==> {f.Path}\n{f.Text}"));

    [Fact]
    public void A_file_is_split_where_its_statements_have_a_safe_rewrite() => Golden.Verify(Shown(Fix(
        "db/000007_more.up.sql",
        """
        -- notes of a sale
        create table note (id bigserial primary key, text text);
        -- finds a sale by email
        create index sale_email on sale (email);
        alter table sale add constraint sale_plan foreign key (plan_id) references plan (id);
        alter table sale alter column email set not null;
        alter table sale add column code uuid not null default gen_random_uuid();
        alter table sale add constraint sale_total check (total > 0), add column x int;
        drop index old_one;
        alter table sale add constraint one_email unique (email);
        comment on table sale is 'the end';
        """,
        """
        drop table note;
        drop index sale_email;
        alter table sale drop constraint sale_plan;
        alter table sale drop column x;
        """)!));

    [Theory]
    [InlineData("V7__more.sql", "V7__index_i.sql")]
    [InlineData("db/2026-11-01-120000_more/up.sql", null)]
    [InlineData("20261101120000_more/up.sql", "20261101120000_index_i/up.sql")]
    [InlineData("20261101120000_more/migration.sql", "20261101120000_index_i/migration.sql")]
    [InlineData("more.sql", "more.1.sql")]
    public void New_files_are_named_in_the_way_of_their_layout(string path, string? first)
    {
        if (first is not null)
            Assert.Equal(first, Fix(path, "create index i on sale (email);")!.Files[0].Path);
    }

    [Fact]
    public void Versions_go_on_with_the_width_of_the_first() => Assert.Equal(
        "0099_c.up.sql 0100_validate_c.up.sql",
        string.Join(' ', Fix("0099_x.up.sql", "alter table sale add constraint c check (total > 0)")!.Files.Select(f => f.Path)));

    [Fact]
    public void What_has_no_mechanical_rewrite_is_left_alone()
    {
        Assert.Null(Fix("7_x.up.sql", "drop table sale; alter table sale alter total type text; create table n (a int); create index on n (a);"));
        Assert.Equal("it controls its transaction itself; take BEGIN and COMMIT out first", Fix("7_x.up.sql", "begin; create index on sale (email); commit;")!.WhyNot);
    }

    [Fact]
    public void A_value_that_only_a_person_knows_is_asked_for_and_cannot_be_forgotten()
    {
        var fix = Fix("7_x.up.sql", "alter table sale add column code int not null")!;

        Assert.Contains("<value of code>", Assert.Single(fix.Needs), StringComparison.Ordinal);
        Assert.NotNull(Parser.Parse(fix.Files.Single(f => f.Path.Contains("fill_code", StringComparison.Ordinal)).Text).Error);
    }

    [Theory]
    [InlineData("create index i on sale (email)")]
    [InlineData("create unique index i on sale (email)")]
    [InlineData("drop index old_one")]
    [InlineData("alter table sale add constraint c check (total > 0)")]
    [InlineData("alter table sale add foreign key (plan_id) references plan (id)")]
    [InlineData("alter table sale alter column email set not null")]
    [InlineData("alter table sale add constraint u unique (email)")]
    public void What_is_written_instead_blocks_nobody_for_long(string sql)
    {
        var fixedFiles = Fix("7_x.up.sql", sql)!.Files.Select(f => new RiskFile(f.Path, f.Text)).ToArray();

        var report = Judge(fixedFiles);

        Assert.True(Judge(new RiskFile("7_x.up.sql", sql)).Worst >= Severity.Low);
        Assert.All(report.Statements, s => Assert.False(s.Effect.Hazard, s.Sql));
        Assert.DoesNotContain(report.Statements.SelectMany(s => s.Open), f => f.Severity >= Severity.High);
    }
}
