using SafeDeploy.Integrations.Databases.Postgres;

namespace SafeDeploy.DatabaseTests.Databases;

public sealed class DataFingerprintTests
{
    private const string Table = """
        create type mood as enum ('sad', 'ok');
        create table sale (id int, total numeric, note text, doc json, at timestamptz, mood mood, place point, tags text[], span interval);
        insert into sale values (1, 1.5, 'a', '{"x": 1}', '2026-01-01', 'ok', '(1,2)', '{a,b}', '1 day'), (2, 2.5, 'b', null, null, 'sad', null, null, null);
        """;

    private static async Task<string> ReadAsync(Subject subject, string schema) =>
        (await new DataFingerprints(subject.Reader()).ReadAsync([Subject.Tenant(schema)], default))[schema];

    private static string In(string schema, string sql) => $"create schema if not exists {schema}; set search_path = {schema}; {sql}";

    [Theory]
    [InlineData("update sale set total = 1.50 where id = 1")]
    [InlineData("update sale set id = 3 - id")]
    [InlineData("update sale set span = '24 hours' where id = 1")]
    [InlineData("update sale set mood = 'sad' where id = 1")]
    [InlineData("update sale set place = '(2,1)' where id = 1")]
    [InlineData("insert into sale select * from sale where id = 2")]
    [InlineData("delete from sale where id = 2")]
    [InlineData("update sale set note = 'A' where id = 1")]
    public async Task Every_change_of_a_value_is_seen(string change)
    {
        await using var subject = await Subject.CreateAsync(In("t", Table));
        var before = await ReadAsync(subject, "t");
        await subject.Server.ExecuteAsync(In("t", change));
        Assert.NotEqual(before, await ReadAsync(subject, "t"));
    }

    [Fact]
    public async Task Equal_rows_are_equal_whatever_their_order_and_the_columns_places()
    {
        await using var subject = await Subject.CreateAsync(In("a", Table));
        await subject.Server.ExecuteAsync(In("b", "create type filler as enum ('x'); " + Table + """
            create table s2 (hole int, total numeric, id int, note text, doc json, at timestamptz, mood mood, place point, tags text[], span interval);
            alter table s2 drop column hole;
            insert into s2 select total, id, note, doc, at, mood, place, tags, span from sale order by id desc;
            drop table sale; alter table s2 rename to sale;
            """));
        Assert.Equal(await ReadAsync(subject, "a"), await ReadAsync(subject, "b"));
        Assert.StartsWith("2:", await ReadAsync(subject, "b"), StringComparison.Ordinal);
    }
}
