using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Rehearsals;
using SafeDeploy.Risk;

namespace SafeDeploy.DatabaseTests.Rehearsals;

/// <summary><c>plan --files --trace</c>: the same statements on the real server.</summary>
public sealed class StatementTracerTests
{
    private const string Before = """
        create schema app; set search_path = app;
        create function odd() returns int language plpgsql as $$ begin return 1; end $$;
        create table plan (id int primary key, name text);
        create table customer (id bigserial primary key, plan_id int references plan, note text);
        """;

    private static Task<RiskReport> TraceAsync(string? schema, bool independent, params string[] sqls)
    {
        var parser = PgQueryParser.Load();
        RiskFile[] files = [.. sqls.Select((sql, i) => new RiskFile($"{i}.sql", sql))];
        var before = schema is null ? null : new RiskFile("before.sql", schema);
        var report = PlanFiles.Run(parser, files, before, RiskOptions.Default with { Independent = independent }, CancellationToken.None);
        return new StatementTracer(parser, TimeProvider.System).TraceAsync(TestServers.Postgres.ToString(), report, files, before, independent, CancellationToken.None);
    }

    [Fact]
    public async Task What_the_server_did_is_laid_over_what_the_text_said()
    {
        var report = await TraceAsync(Before, independent: true,
            "alter table customer drop column plan_id; alter table customer add column x int default odd(); create index concurrently c on customer (note); begin; select missing;",
            "alter table customer drop column plan_id",
            "drop table {{schema}}.nowhere");

        var statements = report.Statements;
        Assert.Equal(7, statements.Length);
        Assert.Equal(LockLevel.AccessExclusive, statements[0].Effect.Locks["app.plan"]);
        Assert.Equal("app.customer", statements[1].Traced!.Rewrites.Single());
        Assert.True(statements[1].Effect.Hazard);
        Assert.Null(statements[2].Traced);
        Assert.Null(statements[3].Traced);
        Assert.True(statements[4].Effect.Fails);
        Assert.Contains("42703", statements[4].Traced!.Error, StringComparison.Ordinal);
        // Each file alone: the column that the first one dropped is there again.
        Assert.Null(statements[5].Traced!.Error);
        Assert.Contains("\"traced\":{\"strongest_lock\":\"ACCESS EXCLUSIVE\"", PlanFiles.ToJson(report, SafeDeploy.Config.RiskThreshold.High), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_schema_what_the_files_themselves_make_is_traced_and_the_rest_stays_predicted()
    {
        var report = await TraceAsync(null, independent: false, "create table made (id int)", "alter table made add column b uuid default gen_random_uuid()", "alter table unknown alter a type bigint");

        Assert.Equal("public.made", report.Statements[1].Traced!.Rewrites.Single());
        Assert.False(report.Statements[1].Effect.Hazard);
        Assert.Null(report.Statements[2].Traced);
        Assert.True(report.Statements[2].Effect.Hazard);
    }
}
