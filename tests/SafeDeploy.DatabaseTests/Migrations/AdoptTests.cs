using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.DatabaseTests.Ledger;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Migrations;

/// <summary>Fleets that another tool migrated, and the list of tenants itself.</summary>
public sealed class AdoptTests
{
    [Fact]
    public async Task A_fleet_of_another_tool_is_taken_over_and_goes_on_from_there()
    {
        await using var fleet = await Fleet.CreateAsync("acme", "globex", "empty");
        fleet.With(1, "create table t (id int);", "drop table t;").With(2, "alter table t add a int;", "alter table t drop a;");
        await fleet.Database.ExecuteAsync(
            """
            create table acme.schema_migrations (version bigint primary key, dirty boolean not null); insert into acme.schema_migrations values (1, false); create table acme.t (id int);
            create table globex.schema_migrations (version bigint primary key, dirty boolean not null); insert into globex.schema_migrations values (2, false); create table globex.t (id int, a int);
            """);
        await fleet.Hold.ConcludeAsync(Deploying.End(), CancellationToken.None);
        var report = await AdoptAsync(fleet, new AdoptRequest("prod", "golang-migrate", null), "acme", "globex", "empty");
        Assert.Empty(report.Problems);
        Assert.Equal([("acme", 1), ("globex", 2)], report.Adopted.Select(a => (a.Scope.Schema, a.Migrations)));
        Assert.Equal(["001"], await fleet.VersionsAsync("acme"));
        Assert.Equal(["001", "002"], await fleet.VersionsAsync("globex"));
        var again = await AdoptAsync(fleet, new AdoptRequest("prod", "golang-migrate", null), "acme", "globex", "empty");
        Assert.Empty(again.Adopted);
        var applied = (await fleet.Engine().AppliedAsync([Fleet.Tenant("acme")], CancellationToken.None)).Values.Single();
        Assert.Equal("drop table t;", applied[0].RollbackSql);
    }

    [Fact]
    public async Task One_tenant_that_is_not_in_order_refuses_the_whole_fleet()
    {
        await using var fleet = await Fleet.CreateAsync("acme", "globex");
        fleet.With(1, "create table t (id int);");
        await fleet.Database.ExecuteAsync(
            """
            create table acme.schema_migrations (version bigint primary key, dirty boolean not null); insert into acme.schema_migrations values (1, false);
            create table globex.schema_migrations (version bigint primary key, dirty boolean not null); insert into globex.schema_migrations values (1, true);
            """);
        var busy = await AdoptAsync(fleet, new AdoptRequest("prod", "golang-migrate", null), "acme", "globex");
        Assert.Equal("SD0455", Assert.Single(busy.Problems).Code);
        await fleet.Hold.ConcludeAsync(Deploying.End(), CancellationToken.None);
        var report = await AdoptAsync(fleet, new AdoptRequest("prod", "golang-migrate", null), "acme", "globex");
        Assert.Empty(await fleet.VersionsAsync("acme"));
        Golden.Verify(ProblemText.Of(
        [
            .. report.Problems,
            .. (await AdoptAsync(fleet, new AdoptRequest("prod", "flyway", null), "acme", "globex")).Problems,
            .. (await AdoptAsync(fleet, new AdoptRequest("prod", "sqitch", null), "acme", "globex")).Problems,
            .. (await AdoptAsync(fleet, new AdoptRequest("prod", null, "7"), "acme", "globex")).Problems,
        ]));
    }

    [Fact]
    public async Task A_deployment_that_opens_meanwhile_waits_until_all_histories_are_written()
    {
        await using var fleet = await Fleet.CreateAsync("acme", "globex");
        fleet.With(1, "create table t (id int);");
        await fleet.Database.ExecuteAsync("create table acme.t (id int); create table globex.t (id int)");
        await fleet.Hold.ConcludeAsync(Deploying.End(), CancellationToken.None);
        var (reached, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var adopting = AdoptAsync(fleet, new AdoptRequest("prod", null, "1"), new Waiting(fleet.Engine(), reached, goOn.Task), "acme", "globex");
        await reached.Task;

        var opening = fleet.Ledger.AcquireAsync(Deploying.Open("2"), CancellationToken.None);
        await Eventually.Async(
            () => fleet.Database.ScalarAsync<bool>("select exists (select from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'safe-deploy/%' and datname = current_database())"),
            TimeSpan.FromSeconds(30), what: "the deployment waits");
        Assert.False(opening.IsCompleted);
        var second = AdoptAsync(fleet, new AdoptRequest("prod", null, "1"), "acme", "globex");
        goOn.SetResult();
        Assert.Equal(2, (await adopting).Adopted.Length);
        await using var held = Assert.IsType<Acquisition.Held>(await opening).Hold;
        Assert.Equal(["001"], await fleet.VersionsAsync("globex"));
        var (later, code) = (await second, "SD0455");
        Assert.True(later.Problems.Any(problem => problem.Code == code) || later.Adopted.IsEmpty, "two took over the same fleet");
    }

    /// <summary>Stops before it reads, until it is told to go on.</summary>
    private sealed class Waiting(IMigrationEngine engine, TaskCompletionSource reached, Task until) : IMigrationEngine
    {
        public ScopeKind Kind => engine.Kind;

        public async Task<MigrationSet> LoadAsync(CancellationToken cancellation)
        {
            reached.SetResult();
            await until;
            return await engine.LoadAsync(cancellation);
        }

        public Task<ImmutableDictionary<Scope, ImmutableArray<AppliedMigration>>> AppliedAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) =>
            engine.AppliedAsync(scopes, cancellation);

        public Task<ImmutableArray<UnadoptedScope>> UnadoptedAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) => engine.UnadoptedAsync(scopes, cancellation);

        public Task<ScopeOutcome> ForwardAsync(ScopeWork work, ImmutableArray<Migration> pending, CancellationToken cancellation) => engine.ForwardAsync(work, pending, cancellation);

        public Task<ScopeOutcome> BackAsync(ScopeWork work, ImmutableArray<AppliedMigration> applied, CancellationToken cancellation) => engine.BackAsync(work, applied, cancellation);
    }

    [Fact]
    public async Task A_stated_version_is_believed_only_where_all_tenants_have_one_structure()
    {
        await using var fleet = await Fleet.CreateAsync("acme", "globex", "initech");
        fleet.With(1, "create table t (id int);");
        await fleet.Database.ExecuteAsync("create table acme.t (id int); create table globex.t (id int); create table initech.t (id int, extra int)");
        await fleet.Hold.ConcludeAsync(Deploying.End(), CancellationToken.None);
        var differ = await AdoptAsync(fleet, new AdoptRequest("prod", null, "1"), "acme", "globex", "initech");
        Assert.Equal("SD0452", Assert.Single(differ.Problems).Code);
        await fleet.Database.ExecuteAsync("alter table initech.t drop extra");
        Assert.Equal(3, (await AdoptAsync(fleet, new AdoptRequest("prod", null, "1"), "acme", "globex")).Adopted.Length + 1);
        Assert.Single((await AdoptAsync(fleet, new AdoptRequest("prod", null, "none"), "initech")).Adopted);
        var pending = History.Compare(await fleet.Engine().LoadAsync(CancellationToken.None), (await fleet.Engine().AppliedAsync([Fleet.Tenant("initech")], CancellationToken.None)).Values.Single());
        Assert.Single(pending.Pending);
        Assert.Empty(pending.Deviations);
    }

    [Fact]
    public async Task Hostile_and_missing_names_are_returned_with_why_and_never_executed()
    {
        await using var fleet = await Fleet.CreateAsync("acme", "a\"b");
        var list = await TenantsAsync(fleet, new TenantsSource.Query(
            "select * from (values ('acme'), ('a\"b'), ('../x'), ('pg_temp'), ('public'), ('PG_x'), (repeat('ü', 40)), ('acme'), (''), ('safe_deploy'), ('gone; drop schema acme')) v(n)"));
        Assert.Equal(["acme", "a\"b"], list.Tenants.Select(t => t.Value));
        Assert.Equal(["../x", "gone; drop schema acme"], list.Missing.AsEnumerable());
        Assert.Equal(["pg_temp", "public", "PG_x", string.Concat(Enumerable.Repeat("ü", 40)), "acme", "", "safe_deploy"], list.Refused.Select(r => r.Name));
        Golden.Verify(ProblemText.Of(TenantProblems.Of(list.Tenants, list.Missing, list.Refused, [((Scope.Tenant)Fleet.Tenant("canary")).Name])));
    }

    [Fact]
    public async Task A_pattern_matches_tenants_only()
    {
        await using var fleet = await Fleet.CreateAsync("tenant_b", "tenant_a", "tenant_template", "other");
        Assert.Equal(["tenant_a", "tenant_b"], (await TenantsAsync(fleet, new TenantsSource.Schemas(["tenant_*"]))).Tenants.Select(t => t.Value));
        Assert.Equal(["other", "tenant_a", "tenant_b"], (await TenantsAsync(fleet, new TenantsSource.Schemas(["*"]))).Tenants.Select(t => t.Value));
    }

    [Fact]
    public async Task A_query_that_is_no_list_of_names_is_refused()
    {
        string[] queries =
        [
            "select 1", "select 'a', 'b'", "select null::text", "select nope", "select 'a'; drop schema acme", "delete from safe_deploy.environment returning name",
        ];
        await using var fleet = await Fleet.CreateAsync("acme");
        foreach (var query in queries)
            Assert.Equal("SD0430", (await Assert.ThrowsAsync<ProblemException>(() => TenantsAsync(fleet, new TenantsSource.Query(query)))).Problem.Code);
        Assert.Equal(1L, await fleet.Database.ScalarAsync<long>("select count(*) from pg_namespace where nspname = 'acme'"));
    }

    private static Task<TenantList> TenantsAsync(Fleet fleet, TenantsSource source) =>
        new PostgresTenantDirectory(fleet.Source, "pos").ReadAsync(new TenantsSettings(source, ["tenant_template"], [], []), CancellationToken.None);

    private static Task<AdoptReport> AdoptAsync(Fleet fleet, AdoptRequest request, params string[] tenants) => AdoptAsync(fleet, request, fleet.Engine(), tenants);

    private static async Task<AdoptReport> AdoptAsync(Fleet fleet, AdoptRequest request, IMigrationEngine engine, params string[] tenants)
    {
        var database = new PostgresDatabase(fleet.Source, "pos", new PostgresTenantDirectory(fleet.Source, "pos").ReadAsync, TimeSpan.FromMinutes(1));
        return await new AdoptService(fleet.Source, database, fleet.Ledger).AdoptAsync(request, engine, [.. tenants.Select(Fleet.Tenant)], CancellationToken.None);
    }
}
