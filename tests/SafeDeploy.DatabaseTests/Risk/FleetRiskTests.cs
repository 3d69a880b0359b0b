using System.Collections.Immutable;
using SafeDeploy.DatabaseTests.Databases;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Plans;
using SafeDeploy.Migrations;
using SafeDeploy.Pipeline;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Risk.Rewrites;

namespace SafeDeploy.DatabaseTests.Risk;

/// <summary>What a plan knows of a live fleet: structure from the catalogue, sizes, and rows that will be in the way.</summary>
public sealed class FleetRiskTests
{
    private const string Shared = """
        create extension if not exists citext;
        create type public.state as enum ('open', 'it''s closed');
        create table public.plan (id bigint primary key, name text not null);
        """;

    // Everything that the catalogue query has to say again.
    private const string Tenant = """
        create schema "{0}"; set search_path = "{0}", public;
        create domain cents as bigint not null check (value >= 0);
        create function tick() returns trigger language plpgsql as 'begin return new; end';
        create function soon(days int default 1) returns date stable language sql as 'select current_date + days';
        create table branch (id bigint generated always as identity primary key, name citext unique);
        create table sale (id bigserial primary key, plan_id bigint, branch_id bigint references branch on delete cascade, email text, code varchar(20), state state default 'open',
            total cents, half bigint generated always as (id / 2) stored, due date default soon(), constraint named check (length(code) < 30) not valid, exclude using btree (code with =));
        create table event (at date not null, what text) partition by range (at);
        create table event_2026 partition of event for values from ('2026-01-01') to ('2027-01-01');
        create table event_rest partition of event default;
        create table base (a int); create table derived (b int) inherits (base);
        create unlogged table cache (a int);
        create index "sale Email" on sale (lower(email)) where email is not null;
        create index on event (what);
        create view open_sale as select s.id, b.name from sale s join branch b on b.id = s.branch_id where s.state = 'open';
        create materialized view counted as select count(*) as n from sale;
        create unique index on counted (n);
        alter table sale enable row level security; create policy mine on sale using (branch_id = 1);
        create trigger ticking before insert on sale for each row execute function tick();
        alter table sale add constraint plan_known foreign key (plan_id) references plan (id) not valid;
        insert into branch (name) values ('a'); insert into sale (plan_id, branch_id, email, code, total) select null, 1, 'x' || i, 'c' || i, i from generate_series(1, {1}) i;
        analyze sale;
        """;

    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    private static async Task<Subject> FleetAsync()
    {
        var subject = await Subject.CreateAsync(Shared);
        foreach (var (name, rows) in new[] { ("tenant_1", 10), ("tenant_2", 20), ("tenant_417", 4000) })
            await subject.Server.ExecuteAsync(Tenant.Replace("{0}", name, StringComparison.Ordinal).Replace("{1}", $"{rows}", StringComparison.Ordinal));
        return subject;
    }

    private static readonly ImmutableArray<Scope> Tenants = [Subject.Tenant("tenant_1"), Subject.Tenant("tenant_2"), Subject.Tenant("tenant_417")];

    private static RiskReport Judge(string catalogue, string sql) => new RiskAnalyzer(Parser).Analyze(
        [new RiskFile("catalogue", catalogue, IsReplayed: true), new RiskFile("7.sql", sql)], SchemaScript.None,
        RiskOptions.Default with { Tenants = new TenantContext(true, [], ["tenant_1", "tenant_2", "tenant_417"], []) }, CancellationToken.None);

    private static async Task<RiskReport> AskAsync(IDatabase database, string catalogue, string sql) =>
        await new DataPreflight(database).AskAsync(Judge(catalogue, sql), _ => Tenants, CancellationToken.None);

    private static string Will(RiskReport report) =>
        string.Join('\n', report.Statements.SelectMany(s => s.Findings).Where(f => f.Rule == "data-violates-constraint").Select(f => f.Message));

    [Fact]
    public async Task The_live_catalogue_is_read_whole_and_sizes_are_known_for_every_tenant()
    {
        await using var subject = await FleetAsync();
        await using var database = subject.Open();

        var statistics = (await database.StatisticsAsync(Tenants, Tenants[0], CancellationToken.None))!;

        Assert.Empty(SchemaScript.Read("catalogue", statistics.Schema, Parser).Notes);
        Assert.Equal("tenant_1 tenant_2 tenant_417", string.Join(" ", statistics.Tenants));
        Assert.Equal("10 20 4000", string.Join(" ", statistics.Tables["sale"].Rows));
        Assert.True(statistics.Tables["sale"].Bytes[2] > statistics.Tables["sale"].Bytes[0]);
        Assert.True(statistics.LockSlots > 1000);
        Assert.DoesNotContain("tenant_1", statistics.Schema, StringComparison.Ordinal);

        // Known from the catalogue: a CHECK that is not valid, partitions, a view in the way, a unique index, a foreign key's target.
        var report = Judge(statistics.Schema, "create index on event (at);\nalter table sale alter code type text;\nalter table sale drop column email;\ndrop table plan;");
        Assert.Equal(["tenant.event", "tenant.event_2026", "tenant.event_rest"], report.Statements[0].Effect.Locks.Keys);
        Assert.True(report.Statements[2].Effect.DestroysData);
        Assert.Contains("public.plan", report.Statements[3].Effect.Locks.Keys);
        Assert.Equal(["tenant-touches-shared-table"], report.Statements[3].Findings.Where(f => f.Rule.StartsWith("tenant", StringComparison.Ordinal)).Select(f => f.Rule));
    }

    [Fact]
    public async Task The_load_of_a_change_is_told_for_the_whole_fleet()
    {
        await using var subject = await FleetAsync();
        await using var database = subject.Open();
        var statistics = (await database.StatisticsAsync(Tenants, Tenants[0], CancellationToken.None))!;
        var report = Judge(statistics.Schema, "alter table sale alter column plan_id set not null;");

        var fleet = new FleetRisk(statistics, 2);

        Assert.Contains("in tenant_417", fleet.Lasts(report.Statements[0]), StringComparison.Ordinal);
        var lines = fleet.Sentences(report);
        Assert.StartsWith("7.sql:1 in 3 tenants: half within ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("1 of 3 tenants hold 9", lines[1], StringComparison.Ordinal);
        Assert.Contains($"of {statistics.LockSlots} that the server keeps", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_are_in_the_way_are_counted_in_the_tenant_that_has_them()
    {
        await using var subject = await FleetAsync();
        await subject.Server.ExecuteAsync("""
            set search_path = tenant_417, public;
            alter table sale disable trigger all;
            update sale set email = null where id <= 3;
            update sale set code = 'twice' || id % 2, plan_id = 99 where id between 10 and 11;
            update sale set plan_id = 1 where id = 12;
            insert into public.plan values (1, 'free');
            alter table sale drop constraint sale_code_excl;
            update sale set code = 'twice1' where id between 10 and 12;
            """);
        await using var database = subject.Open();
        var catalogue = (await database.StatisticsAsync(Tenants, Tenants[0], CancellationToken.None))!.Schema;

        var report = await AskAsync(database, catalogue, """
            alter table sale alter column email set not null;
            create unique index concurrently on sale (code);
            alter table sale add constraint plan_exists foreign key (plan_id) references public.plan;
            alter table sale add constraint short check (length(code) < 5 or code ~ 'twice');
            alter table sale alter column code type varchar(5);
            alter table sale add column required int not null;
            create table fresh (a int); alter table fresh add constraint u unique (a);
            """);

        Assert.Equal(
            """
            Will fail on tenant_417 (3): rows of "sale" without email.
            Will fail on tenant_417 (1): values of code that "sale" has more than once.
            Will fail on tenant_417 (2): rows of "sale" whose plan_id "public"."plan" does not have.
            Will fail on tenant_417 (1000 or more): rows of "sale" that violate short.
            Will fail on tenant_417 (3): values of code in "sale" that do not fit varchar(5).
            Will fail on tenant_417 (1000 or more), tenant_2 (20), tenant_1 (10): rows of "sale" that would have no required.
            """.ReplaceLineEndings("\n"), Will(report));
        Assert.Empty(report.Notes);
    }

    [Fact]
    public async Task What_the_probe_says_is_what_the_server_does()
    {
        await using var subject = await FleetAsync();
        await subject.Server.ExecuteAsync("update tenant_417.sale set email = null where id = 5");
        await using var database = subject.Open();
        const string Change = "alter table sale alter column email set not null";
        var catalogue = (await database.StatisticsAsync(Tenants, Tenants[0], CancellationToken.None))!.Schema;

        Assert.Equal("Will fail on tenant_417 (1): rows of \"sale\" without email.", Will(await AskAsync(database, catalogue, Change)));

        await subject.Server.ExecuteAsync($"set search_path = tenant_1, public; {Change}");
        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => subject.Server.ExecuteAsync($"set search_path = tenant_417, public; {Change}"));
        Assert.Equal("23502", failure.SqlState);
    }

    [Fact]
    public async Task A_tenant_that_cannot_be_asked_is_named_and_stops_nobody()
    {
        await using var subject = await FleetAsync();
        await subject.Server.ExecuteAsync("alter table tenant_2.sale drop column email");
        await using var database = subject.Open();
        var catalogue = (await database.StatisticsAsync(Tenants, Tenants[0], CancellationToken.None))!.Schema;

        var report = await AskAsync(database, catalogue, "alter table sale alter column email set not null");

        Assert.Empty(Will(report));
        Assert.Equal("7.sql:1 could not be asked of tenant_2: built otherwise than the other tenants", Assert.Single(report.Notes));
        var fleet = new FleetHistory(MigrationSet.Empty(ScopeKind.Tenants), Tenants.ToImmutableSortedDictionary(t => t, _ => ImmutableArray<Migration>.Empty), []);
        Assert.Equal(
            "1 of 3 tenants are not built like the others at their version (tenant_2): preflight will refuse them",
            Assert.Single(await new DataPreflight(database).DriftAsync(fleet, CancellationToken.None)));
    }

    [Fact]
    public async Task Exported_statistics_are_read_back_without_the_tenants_names()
    {
        await using var subject = await FleetAsync();
        await using var database = subject.Open();
        var statistics = (await database.StatisticsAsync(Tenants, Tenants[0], CancellationToken.None))!;
        var path = Path.Combine(Path.GetTempPath(), $"{subject.Server.Name}.json");
        try
        {
            await StatisticsFile.WriteAsync(path, statistics, withNames: false, CancellationToken.None);
            var read = await StatisticsFile.ReadAsync(path, "s.json", CancellationToken.None);

            Assert.DoesNotContain("tenant_417", await File.ReadAllTextAsync(path), StringComparison.Ordinal);
            Assert.Equal(statistics.Schema, read.Schema);
            Assert.Equal("10 20 4000", string.Join(" ", read.Tables["sale"].Rows));
            Assert.All(read.Tenants, t => Assert.Matches("^t-[0-9a-f]{10}$", t));

            await File.WriteAllTextAsync(path, "{\"version\":1}");
            Assert.Equal("SD0471", (await Assert.ThrowsAsync<ProblemException>(() => StatisticsFile.ReadAsync(path, "s.json", CancellationToken.None))).Problem.Code);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_rewrite_ends_with_the_schema_that_the_original_makes()
    {
        const string Made = "create table plan (id bigint primary key); create table sale (id bigint primary key, plan_id bigint, total numeric, email text); insert into sale values (1, null, 1, 'a'), (2, null, 2, 'b');";
        const string Change = """
            create index sale_email on sale (email);
            alter table sale add constraint sale_plan foreign key (plan_id) references plan (id);
            alter table sale alter column email set not null;
            alter table sale add column code uuid not null default gen_random_uuid();
            alter table sale add constraint one_email unique (email);
            alter table sale add constraint total_known check (total > 0);
            """;
        await using var original = await Subject.CreateAsync(Made + Change);
        await using var rewritten = await Subject.CreateAsync(Made);
        var report = PlanFiles.Run(Parser, [new RiskFile("7_x.up.sql", Change)], new RiskFile("before.sql", Made), RiskOptions.Default, CancellationToken.None);

        foreach (var file in FixFiles.Of(report.Files[0], report.Statements, Parser)!.Files)
            await rewritten.Server.ExecuteAsync(file.Text);

        await using var one = original.Open();
        await using var other = rewritten.Open();
        Assert.Equal(string.Join('\n', await one.StructureAsync(new Scope.Public(), CancellationToken.None)), string.Join('\n', await other.StructureAsync(new Scope.Public(), CancellationToken.None)));
    }
}
