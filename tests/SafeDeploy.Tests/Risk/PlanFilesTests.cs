using System.Text.Encodings.Web;
using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk;

namespace SafeDeploy.Tests.Risk;

public sealed class PlanFilesTests
{
    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    [Fact]
    public void The_document_is_what_the_generated_context_makes_of_it()
    {
        var options = new JsonSerializerOptions(PlanJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        RiskFile[] files = [.. Enumerable.Range(0, 40).Select(i => new RiskFile($"ü{i}.sql", $$"""
            create table "T\"{{i}}" (a int); alter table t add column b{{i}} int default random(); drop table t{{i}} cascade; select 1 frm;
            -- safe-deploy: ignore drop-table because="\u0001 <b>"
            drop table u{{i}}; refresh materialized view m; alter table x alter column y type timestamptz
            """))];
        var report = PlanFiles.Run(Parser, files, new RiskFile("before.sql", "create table t (a int); nonsense;"), RiskOptions.Default, CancellationToken.None);

        Assert.Equal(
            JsonSerializer.Serialize(PlanFiles.Document(report, RiskThreshold.High), new PlanJson(options).PlanDocument),
            PlanFiles.ToJson(report, RiskThreshold.High));
    }

    private static RiskReport Judge(string sql, string? schema = null, bool independent = false) => PlanFiles.Run(
        Parser,
        [new RiskFile("a.sql", sql)],
        schema is null ? null : new RiskFile("before.sql", schema),
        RiskOptions.Default with { Independent = independent },
        CancellationToken.None);

    [Fact]
    public void The_document_has_the_published_shape()
    {
        var json = PlanFiles.ToJson(Judge("\n  drop table \"Ünits\";\n"), RiskThreshold.High);
        var document = JsonDocument.Parse(json).RootElement;
        var statement = document.GetProperty("statements").EnumerateArray().Single();

        string[] fields =
        [
            "file", "line", "sql", "strongest_lock", "locks", "index_locks", "sequence_locks", "rewrites", "scans", "blocks_reads", "blocks_writes",
            "destroys_data", "reversible", "runs_in_transaction", "fails", "phase", "hazard", "findings",
        ];
        Assert.All(fields, f => Assert.True(statement.TryGetProperty(f, out _), f));
        Assert.Equal("a.sql", statement.GetProperty("file").GetString());
        Assert.Equal(2, statement.GetProperty("line").GetInt32());
        Assert.Equal("drop table \"Ünits\"", statement.GetProperty("sql").GetString());
        Assert.Equal("ACCESS EXCLUSIVE", statement.GetProperty("locks").GetProperty("public.Ünits").GetString());
        Assert.True(statement.GetProperty("destroys_data").GetBoolean());
        Assert.Equal(JsonValueKind.Null, statement.GetProperty("fails").ValueKind);
        Assert.Equal("contract", statement.GetProperty("phase").GetString());
        var finding = statement.GetProperty("findings").EnumerateArray().First();
        Assert.Equal("drop-table", finding.GetProperty("rule").GetString());
        Assert.Equal("critical", finding.GetProperty("severity").GetString());
        Assert.True(finding.TryGetProperty("message", out _) && finding.TryGetProperty("remedy", out _));
        Assert.Equal("refuse", document.GetProperty("verdict").GetProperty("conclusion").GetString());
    }

    [Theory]
    [InlineData("create schema app; create schema other; create table app.t (a int)", "app.t")]
    [InlineData("create schema app; create schema other; set search_path = other, app; create table t (a int)", "other.t")]
    [InlineData("create table t (a int)", "public.t")]
    public void Unqualified_names_resolve_as_the_schema_says(string schema, string table) =>
        Assert.Equal(table, Judge("alter table t add column b int", schema).Statements.Single().Effect.Locks.Keys.Single());

    [Fact]
    public void A_later_file_sees_what_an_earlier_one_made_unless_each_is_judged_alone()
    {
        RiskFile[] files = [new("1.sql", "create table n (a int)"), new("2.sql", "create index on n (a)")];
        RiskReport Run(bool independent) => PlanFiles.Run(Parser, files, null, RiskOptions.Default with { Independent = independent }, CancellationToken.None);

        Assert.False(Run(independent: false).Statements[1].Effect.Hazard);
        Assert.Empty(Run(independent: false).Statements[1].Findings);
        Assert.True(Run(independent: true).Statements[1].Effect.Hazard);
    }

    [Fact]
    public void A_schema_that_can_not_be_read_whole_is_reported_and_used()
    {
        var report = Judge("alter table t alter a type bigint", "create table t (a int);\ncreate tabel u (a int);");

        Assert.Equal("before.sql:2: not used, syntax error at or near \"tabel\"", Assert.Single(report.Notes));
        Assert.Equal("public.t", Assert.Single(report.Statements[0].Effect.Rewrites));
    }

    [Theory]
    [InlineData("alter table {{schema}}.t add column a int", "__schema__.t")]
    [InlineData("alter table ${tenant}.t add column a int", "__tenant_.t")]
    [InlineData("alter table :schema.t add column a int", "schema.t")]
    [InlineData("alter table :\"schema\".t add column a int", "schema.t")]
    [InlineData("alter table {{ index .Options \"Namespace\" }}.t add column a int", null)]
    [InlineData("alter table %(schema)s.t add column a int", null)]
    public void Placeholders_are_names(string sql, string? table)
    {
        var statement = Judge(sql).Statements.Single();

        Assert.Null(statement.Parsed.Error);
        Assert.Equal(sql, statement.Sql);
        if (table is not null)
            Assert.Equal(table, statement.Effect.Locks.Keys.Single());
    }

    [Theory]
    [InlineData("select '{{a}}', ':x', a::text, b[1:2], 'c'::text from t")]
    [InlineData("do $$ begin x := 1; end $$")]
    [InlineData("insert into t values ('{\"a\": {\"b\": 1}}', '12:30', '${x}')")]
    public void What_only_looks_like_a_placeholder_is_left_alone(string sql) => Assert.Equal(sql, SafeDeploy.Risk.Sql.SqlText.Readable(sql));

    [Fact]
    public void Client_commands_and_copied_rows_are_no_statements()
    {
        var report = Judge("\\restrict abc\nCOPY public.t (a, b) FROM stdin;\n1\t'x;\n\\.\n\\connect db\nselect 1;\n");

        Assert.Equal(["COPY public.t (a, b) FROM stdin", "select 1"], report.Statements.Select(s => s.Sql));
        Assert.All(report.Statements, s => Assert.Null(s.Parsed.Error));
    }

    [Fact]
    public void A_rollback_section_is_not_judged()
    {
        var report = Judge("-- migrate:up\ncreate table n (a int);\n-- migrate:down\ndrop table n;\n");

        Assert.Equal(["create table n (a int)"], report.Statements.Select(s => s.Sql));
    }

    [Fact]
    public void A_suppression_needs_its_reason_and_silences_one_statement()
    {
        var report = Judge("-- safe-deploy: ignore drop-table because=\"unused since 4.2\"\ndrop table a;\ndrop table b;\n-- safe-deploy: ignore drop-table\ndrop table c;");

        Assert.Equal("unused since 4.2", report.Statements[0].Findings.Single().SuppressedBecause);
        Assert.Null(report.Statements[1].Findings.Single().SuppressedBecause);
        Assert.Equal(["drop-table", "unused-suppression"], report.Statements[2].Open.Select(f => f.Rule));
    }

    [Fact]
    public void An_expired_or_idle_suppression_is_a_finding()
    {
        RiskReport On(DateOnly day, string sql) => PlanFiles.Run(Parser, [new RiskFile("a.sql", sql)], null, RiskOptions.Default with { Today = day }, CancellationToken.None);
        const string Dated = "-- safe-deploy: ignore drop-table until=2026-06-30 because=\"x\"\ndrop table a";

        Assert.Empty(On(new DateOnly(2026, 6, 30), Dated).Statements[0].Open);
        Assert.Equal(["drop-table", "unused-suppression"], On(new DateOnly(2026, 7, 1), Dated).Statements[0].Open.Select(f => f.Rule));
        Assert.Equal(["unused-suppression"], On(new DateOnly(2026, 7, 1), "-- safe-deploy: ignore drop-table because=\"x\"\nselect 1").Statements[0].Open.Select(f => f.Rule));
    }

    [Theory]
    [InlineData(RiskThreshold.Critical, false)]
    [InlineData(RiskThreshold.High, true)]
    [InlineData(RiskThreshold.Info, true)]
    [InlineData(RiskThreshold.Never, false)]
    public void The_threshold_decides_what_is_refused(RiskThreshold threshold, bool refuses) =>
        Assert.Equal(refuses, PlanFiles.Refuses(Judge("create index i on t (a)"), threshold));

    [Fact]
    public void Ordinary_expand_migrations_are_green() =>
        Assert.Empty(Judge(
            """
            create table invoice (id bigserial primary key, customer text not null, total numeric(10, 2) not null default 0);
            create index on invoice (customer);
            alter table customer add column vip boolean not null default false;
            alter table customer add column note text;
            create index concurrently customer_vip on customer (vip);
            comment on column customer.vip is 'x';
            insert into invoice (customer) values ('a');
            """).Statements.SelectMany(s => s.Findings));

    [Fact]
    public void A_file_that_stood_there_before_is_played_and_not_judged()
    {
        var report = PlanFiles.Run(
            Parser, [new RiskFile("1.sql", "create table old (a int); drop table x;", IsReplayed: true), new RiskFile("2.sql", "create index on old (a);")], null, RiskOptions.Default, CancellationToken.None);

        Assert.Equal("2.sql", Assert.Single(report.Statements).File);
        // Its table holds rows: it is not new.
        Assert.True(report.Statements[0].Effect.Hazard);
    }
}
