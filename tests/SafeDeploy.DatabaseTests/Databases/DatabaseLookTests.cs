using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Databases;

/// <summary>What <c>init --url</c> sees of a database that it knows nothing about.</summary>
public sealed class DatabaseLookTests
{
    [Theory]
    [InlineData("create table schema_migrations (version bigint primary key, dirty boolean not null)", "golang-migrate")]
    [InlineData("create table schema_migrations (version varchar primary key)", "dbmate")]
    [InlineData("create table django_migrations (id serial, app text, name text, applied timestamptz)", "django")]
    [InlineData("create table schema_migrations (release text)", null)]
    [InlineData("select 1", null)]
    public async Task The_tool_that_migrated_it_is_known_by_its_table_and_columns(string sql, string? tool)
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(sql);
        Assert.Equal((tool, null), await DatabaseLook.AtAsync(database.Url, default));
    }

    [Fact]
    public async Task Schemas_that_begin_alike_are_taken_for_tenants_and_one_alone_is_not()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create schema tenant_001; create schema tenant_002; create schema other_one; create schema alone");
        Assert.Equal("tenant_*", (await DatabaseLook.AtAsync(database.Url, default)).TenantPattern);
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_named_without_its_password()
    {
        var failure = await Assert.ThrowsAsync<ProblemException>(() => DatabaseLook.AtAsync("postgres://somebody:sesame@127.0.0.1:9/shop", default));
        Assert.DoesNotContain("sesame", ProblemText.Of(failure.Problem), StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:9", ProblemText.Of(failure.Problem), StringComparison.Ordinal);
    }
}
