using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Databases;

/// <summary>Configured queries: read only, in their scope, with bound parameters.</summary>
public sealed class AskTests
{
    private static readonly ImmutableDictionary<string, object> None = ImmutableDictionary<string, object>.Empty;
    private static readonly Scope Public = new Scope.Public();

    [Fact]
    public async Task A_query_sees_its_tenant_first_and_then_the_shared_schema()
    {
        await using var subject = await Subject.CreateAsync("""
            create table plan (name text); insert into plan values ('shared');
            create schema "a""b"; create table "a""b".sale (id int); insert into "a""b".sale values (7)
            """);
        await using var database = subject.Open();
        var tenant = Subject.Tenant("a\"b");
        Assert.Equal(7, await database.AskAsync(tenant, "select id from sale", None, default));
        Assert.Equal("shared", await database.AskAsync(tenant, "select name from plan", None, default));
        Assert.Null(await database.AskAsync(tenant, "select id from sale where false", None, default));
        Assert.Null(await database.AskAsync(Public, "select null::int", None, default));
    }

    [Theory]
    [InlineData("select :deployment_started > timestamptz '2020-01-01'")]
    [InlineData("select :deployment_started::text like '2026%' and ':deployment_started'::text = ':' || 'deployment_started'")]
    [InlineData("select ':nobody' = $q$:nobody$q$ /* :nobody /* :x */ */ -- :nobody\n and :text = 'x''; drop table t'")]
    [InlineData("select (array[1,2,3])[1:2] = array[1,2] and e'\\':nobody' is not null and \":x\" = 1 from (select 1 as \":x\") t")]
    [InlineData("select :number + :number = 84")]
    public async Task Parameters_are_bound_and_casts_strings_and_comments_are_left_alone(string query)
    {
        await using var subject = await Subject.CreateAsync();
        await using var database = subject.Open();
        var parameters = None
            .Add("deployment_started", new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.FromHours(-3)))
            .Add("text", "x'; drop table t").Add("number", 42);
        Assert.Equal(true, await database.AskAsync(Public, query, parameters, default));
    }

    [Theory]
    [InlineData("insert into t values (1) returning id", "SD0922")]
    [InlineData("delete from t", "SD0922")]
    [InlineData("create table u (id int)", "SD0922")]
    [InlineData("select nextval('s')", "SD0922")]
    [InlineData("do $$ begin null; end $$", "SD0922")]
    [InlineData("commit", "SD0922")]
    [InlineData("set search_path = pg_catalog", "SD0922")]
    [InlineData("select 1; drop table t", "SD0921")]
    [InlineData("commit; drop table t", "SD0921")]
    [InlineData("select * from nowhere", "SD0921")]
    [InlineData("select 1/0", "SD0921")]
    [InlineData("select set_config('transaction_read_only', 'off', true)", "SD0921")]
    [InlineData("select :typo", "SD0923")]
    public async Task What_is_not_one_read_is_refused_and_changes_nothing(string query, string code)
    {
        await using var subject = await Subject.CreateAsync("create table t (id int); create sequence s");
        await using var database = subject.Open();
        var failure = await Assert.ThrowsAsync<ProblemException>(() => database.AskAsync(Public, query, None, default));
        Assert.Equal(code, failure.Problem.Code);
        Assert.Equal("0 1 false", await subject.Server.ScalarAsync<string>(
            "select (select count(*) from t) || ' ' || (select last_value from s) || ' ' || (to_regclass('u') is not null)"));
    }

    [Fact]
    public async Task A_setting_made_by_a_query_does_not_outlive_it()
    {
        await using var subject = await Subject.CreateAsync();
        await using var database = subject.Open();
        await database.AskAsync(Public, "select set_config('search_path', 'pg_catalog', false)", None, default);
        Assert.Equal("\"public\"", await database.AskAsync(Public, "select current_setting('search_path')", None, default));
    }

    [Fact]
    public async Task Rows_hidden_by_a_policy_are_an_error_not_an_empty_answer()
    {
        await using var subject = await Subject.CreateAsync("""
            create table sale (id int); insert into sale values (1);
            alter table sale enable row level security;
            create policy nobody on sale using (false);
            """);
        var role = $"reader_{Guid.NewGuid():N}";
        await subject.Server.ExecuteAsync($"create role {role} login password 'x'; grant select on sale to {role}");
        try
        {
            var login = new Npgsql.NpgsqlConnectionStringBuilder(subject.Server.ConnectionString) { Username = role, Password = "x" };
            await using var database = Subject.Open(login.ConnectionString);
            var failure = await Assert.ThrowsAsync<ProblemException>(() =>
                database.AskAsync(Public, "select not exists (select from sale)", None, default));
            Assert.Equal("SD0919", failure.Problem.Code);
        }
        finally
        {
            await subject.Server.ExecuteAsync($"drop owned by {role}; drop role {role}");
        }
    }
}
