using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Migrations;

/// <summary>One scope forward and back on a real server.</summary>
public sealed class SqlFilesForwardTests
{
    private const string CreateSale = "create table sale (id int primary key, total numeric);\ninsert into sale values (1, 2);\n";

    [Theory]
    [InlineData("acme")]
    [InlineData("we\"ird")]
    [InlineData("Ünïcödé-ünïcödé-ünïcödé-ünïcödé-ünïcödé")]
    [InlineData("a.b; drop schema public")]
    public async Task A_tenant_goes_forward_back_and_forward_again(string tenant)
    {
        await using var fleet = await Fleet.CreateAsync(tenant);
        fleet.With(1, CreateSale, "drop table sale;").With(2, "alter table sale add note text;", "alter table sale drop note;");
        var engine = fleet.Engine();
        for (var round = 0; round < 2; round++)
        {
            var there = await fleet.ForwardAsync(tenant, engine);
            Assert.Null(there.Problem);
            Assert.Equal(["001", "002"], there.Done.Select(v => v.Text));
            Assert.True(await fleet.ExistsAsync($"{Fleet.Tenant(tenant).Sql}.sale"));
            Assert.Equal(["001", "002"], await fleet.VersionsAsync(tenant));
            if (round == 1)
                break;
            var back = await fleet.BackAsync(tenant, engine);
            Assert.Null(back.Problem);
            Assert.Equal(["002", "001"], back.Done.Select(v => v.Text));
            Assert.False(await fleet.ExistsAsync($"{Fleet.Tenant(tenant).Sql}.sale"));
            Assert.Empty(await fleet.VersionsAsync(tenant));
        }

        Assert.Equal([$"{tenant} +001", $"{tenant} +002", $"{tenant} -002", $"{tenant} -001", $"{tenant} +001", $"{tenant} +002"], await fleet.MovesAsync());
    }

    [Fact]
    public async Task A_name_of_63_bytes_of_unicode_is_a_tenant()
    {
        var tenant = string.Concat(Enumerable.Repeat("ü", 31)) + "x";
        await using var fleet = await Fleet.CreateAsync(tenant);
        Assert.Null((await fleet.With(1, CreateSale).ForwardAsync(tenant)).Problem);
        Assert.True(await fleet.ExistsAsync($"\"{tenant}\".sale"));
    }

    [Fact]
    public async Task The_shared_schema_is_migrated_by_its_own_set()
    {
        await using var fleet = await Fleet.CreateAsync();
        Assert.Null((await fleet.With(1, "create table plan (id int);").ForwardAsync(new Scope.Public())).Problem);
        Assert.True(await fleet.ExistsAsync("public.plan"));
    }

    [Fact]
    public async Task A_failed_statement_leaves_nothing_and_is_named_with_its_line()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        fleet.With(1, "create table sale (id int);\n\n-- wrong\nalter table sale\n    add total numeric,\n    add constraint x check (totl > 0);\n");
        var outcome = await fleet.ForwardAsync("acme");
        Assert.Empty(outcome.Done);
        Assert.False(await fleet.ExistsAsync("acme.sale"));
        Assert.Empty(await fleet.VersionsAsync("acme"));
        Assert.Empty(await fleet.MovesAsync());
        Golden.Verify(ProblemText.Of(outcome.Problem!));
    }

    [Fact]
    public async Task A_deferred_constraint_that_fails_is_the_migrations_failure()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        fleet.With(1, "create table a (id int primary key); create table b (a int references a deferrable initially deferred); insert into b values (7);");
        var outcome = await fleet.ForwardAsync("acme");
        Assert.Equal("SD0413", outcome.Problem?.Code);
        Assert.Contains("23503", outcome.Problem!.Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_files_own_begin_and_commit_are_stripped()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        fleet.With(1, "-- x\nBEGIN;\ncreate table a (id int);\nselect 1/0;\nCOMMIT;\n");
        Assert.NotNull((await fleet.ForwardAsync("acme")).Problem);
        Assert.False(await fleet.ExistsAsync("acme.a"));
        fleet.With(1, "begin;\ncreate table a (id int);\ncommit;");
        Assert.Null((await fleet.ForwardAsync("acme")).Problem);
        Assert.True(await fleet.ExistsAsync("acme.a"));
    }

    [Fact]
    public async Task What_ends_the_transaction_or_leaks_into_the_session_is_refused_by_name_before_anything_runs()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        string[] leaks =
        [
            "commit;", "savepoint x;", "begin isolation level serializable;\nselect 1;\ncommit;", "set search_path to public;", "set role postgres;",
            "select set_config('search_path', 'public', false);", "set session authorization default;", "reset all;",
            "create temporary table x (a int);", "copy t from stdin;", "create index concurrently on t (a);", "prepare transaction 'x';",
        ];
        var problems = new List<Problem>();
        foreach (var leak in leaks)
        {
            fleet.With(1, $"create table t (a int);\n{leak}\n", "select 1;");
            var outcome = await fleet.ForwardAsync("acme");
            Assert.NotNull(outcome.Problem);
            problems.Add(outcome.Problem);
            Assert.False(await fleet.ExistsAsync("acme.t"));
        }

        Golden.Verify(ProblemText.Of(problems));
    }

    [Fact]
    public async Task Two_engines_on_one_tenant_at_once_move_it_exactly_once()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        fleet.With(1, "create table sale (id int); select pg_sleep(0.2);").With(2, "insert into sale values (1);");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => fleet.ForwardAsync("acme")));
        Assert.All(outcomes, outcome => Assert.Null(outcome.Problem));
        Assert.Equal(1L, await fleet.Database.ScalarAsync<long>("select count(*) from acme.sale"));
        Assert.Equal(["acme +001", "acme +002"], await fleet.MovesAsync());
        Assert.Equal(2, outcomes.Sum(outcome => outcome.Done.Length));
    }

    [Fact]
    public async Task A_scope_without_a_kept_way_back_is_refused_before_anything_runs()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.With(1, CreateSale).With(2, "create table b (id int);", "drop table b;").ForwardAsync("acme");
        var outcome = await fleet.BackAsync("acme");
        Assert.True(await fleet.ExistsAsync("acme.b"));
        Golden.Verify(ProblemText.Of(outcome.Problem!));
    }

    [Fact]
    public async Task The_way_back_is_the_one_kept_though_its_file_has_changed_since()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.With(1, CreateSale, "drop table sale;").ForwardAsync("acme");
        fleet.With(1, CreateSale, "select 1/0;");
        Assert.Null((await fleet.BackAsync("acme")).Problem);
        Assert.False(await fleet.ExistsAsync("acme.sale"));
    }

    [Fact]
    public async Task Warnings_of_the_server_are_kept_with_their_state()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        var outcome = await fleet.With(1, "do $$ begin raise warning 'look %', 1 using errcode = '01234'; end $$;").ForwardAsync("acme");
        Assert.Equal("001: look 1 (SQLSTATE 01234)", Assert.Single(outcome.Warnings));
    }

    [Fact]
    public async Task Another_process_that_took_over_fences_the_engine()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.Database.ExecuteAsync("update safe_deploy.environment set epoch = epoch + 1");
        var lost = await Assert.ThrowsAsync<ProblemException>(() => fleet.With(1, CreateSale).ForwardAsync("acme"));
        Assert.Equal("SD0203", lost.Problem.Code);
        Assert.False(await fleet.ExistsAsync("acme.sale"));
    }

    [Fact]
    public async Task A_schema_made_by_something_else_is_found_with_the_tool_whose_history_it_holds()
    {
        await using var fleet = await Fleet.CreateAsync("empty", "byhand", "flyway", "dbmate", "golang");
        await fleet.Database.ExecuteAsync("create table byhand.t (a int); create table flyway.flyway_schema_history (a int); create table dbmate.schema_migrations (version text); create table golang.schema_migrations (version bigint, dirty bool)");
        var scopes = new[] { "empty", "byhand", "flyway", "dbmate", "golang" }.Select(Fleet.Tenant).ToImmutableArray();
        var found = await fleet.Engine().UnadoptedAsync(scopes, CancellationToken.None);
        Assert.Equal(
            [new(Fleet.Tenant("byhand"), null), new(Fleet.Tenant("dbmate"), "dbmate"), new(Fleet.Tenant("flyway"), "flyway"), new UnadoptedScope(Fleet.Tenant("golang"), "golang-migrate")],
            found.OrderBy(f => f.Scope));
    }
}
