using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>Names in the registry that somebody chose: handled as names or refused by name, never executed.</summary>
public sealed class HostileTenantTests(PendingFleet fleet) : IClassFixture<PendingFleet>
{
    private static readonly string Unicode63 = string.Concat(Enumerable.Repeat("é", 31)) + "x";

    public static TheoryData<string, string> Refused => new()
    {
        { "temporary", "pg_temp" },
        { "catalogue", "pg_catalog" },
        { "shared", "public" },
        { "ledger", "safe_deploy" },
        { "empty", "" },
        { "too_long", new string('x', 64) },
        { "without_schema", "tenant_of_yesterday" },
        { "path", "../x" },
        { "injection", "x; drop schema tenant_001 cascade; --" },
        { "workflow_command", "::error::owned\n::stop-commands::x" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_name_that_cannot_be_a_tenant_is_refused_before_anything_is_touched(string kind, string name)
    {
        await RegisterAsync(fleet.Sample, name);
        var result = await fleet.Sample.RunAsync("v2", "run");
        await fleet.Sample.Database.ExecuteAsync("delete from control.tenant where schema_name not like 'tenant\\_00_'");
        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.DoesNotContain("\n::", $"\n{result.Out}{result.Error}", StringComparison.Ordinal);
        Assert.Equal(fleet.Structure, await fleet.Sample.StructureAsync());
        Golden.Verify(Normal.Text(string.Join('\n', result.Problems), fleet.Sample), $"Tenant_refused_{kind}");
    }

    [Fact]
    public async Task Names_with_quotes_dots_and_unicode_are_tenants_like_any_other()
    {
        string[] names = ["a\"b", "../x", Unicode63, "drop table item", "Tenant.With.Dots", "$1"];
        await using var sample = await Fleet.CreateAsync();
        foreach (var name in names)
        {
            await RegisterAsync(sample, name);
            await CreateLikeTheOthersAsync(sample, $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        }

        sample.Migration("000001_items", "create table item (id integer, code text, old_code text);", "drop table item;");
        await sample.DeployAsync("v1");
        sample.Migration("000002_unique", "alter table item add constraint item_code_key unique (code);", "alter table item drop constraint item_code_key;");
        await sample.Database.ExecuteAsync("insert into tenant_003.item values (1, 'b', 'x'), (2, 'b', 'y')");
        var played = await sample.PlayAsync("v2");
        Assert.True(played.Ended == "1 rolled-back c", played.Result.ToString());
        Assert.Equal(played.Before.Structure, played.After.Structure);
        Assert.Equal(names.Length + 3, played.After.Versions.Count);
    }

    // As seed/tenants.sql makes them: a schema with other grants would be refused as drift.
    private static Task CreateLikeTheOthersAsync(Sample sample, string schema) => sample.Database.ExecuteAsync(
        $"create schema {schema}; grant usage on schema {schema} to pos_app; "
        + $"alter default privileges in schema {schema} grant select, insert, update, delete on tables to pos_app");

    private static async Task RegisterAsync(Sample sample, string name)
    {
        await using var connection = await sample.Database.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand("insert into control.tenant (schema_name, name) values ($1, 'hostile')", connection);
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = name });
        await command.ExecuteNonQueryAsync();
    }
}
