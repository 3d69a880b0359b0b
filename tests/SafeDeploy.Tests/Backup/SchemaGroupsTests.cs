using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Steps.Backup;

namespace SafeDeploy.Tests.Backup;

public sealed class SchemaGroupsTests
{
    private static SchemaCost Cost(string schema, int relations = 40, long bytes = 1_000_000) => new(Scope.Parse(schema), relations, relations / 2, bytes);

    [Fact]
    public void There_are_as_few_archives_as_workers_and_the_shared_schema()
    {
        var groups = SchemaGroups.Of([Cost("public"), .. Enumerable.Range(1, 100).Select(i => Cost($"t{i}"))], workers: 2, maxLocks: 12_800);
        Assert.Equal([1, 50, 50], groups.Select(g => g.Length));
        Assert.Equal(new Scope.Public(), groups[0][0].Scope);
    }

    [Fact]
    public void No_group_takes_more_than_its_share_of_four_fifths_of_the_locks()
    {
        var groups = SchemaGroups.Of([.. Enumerable.Range(1, 500).Select(i => Cost($"t{i}"))], workers: 2, maxLocks: 6_400);
        Assert.All(groups, g => Assert.True(g.Sum(c => c.Relations) <= 2_560, $"{g.Sum(c => c.Relations)} locks"));
        Assert.Equal(500, groups.Sum(g => g.Length));
    }

    [Fact]
    public void A_schema_over_the_budget_still_gets_an_archive() =>
        Assert.Equal([1, 1], SchemaGroups.Of([Cost("a", 9_000), Cost("b", 9_000)], workers: 1, maxLocks: 6_400).Select(g => g.Length));

    [Fact]
    public void A_large_tenant_does_not_wait_behind_the_small_ones()
    {
        var groups = SchemaGroups.Of([Cost("large", bytes: 1_000_000_000), .. Enumerable.Range(1, 20).Select(i => Cost($"t{i}"))], 2, 100_000);
        Assert.Equal([1, 20], groups.Select(g => g.Length));
    }

    [Fact]
    public void Names_go_into_arguments_quoted_and_the_password_does_not()
    {
        var arguments = PgDumpCommands.Dump(PgDumpOptions.Default, 15, "0-1", "/x.tmp", [Scope.Parse("a\"b*"), new Scope.Public()]);
        Assert.Equal(["--schema=\"a\"\"b*\"", "--schema=\"public\""], arguments.TakeLast(2));
        var server = new Npgsql.NpgsqlConnectionStringBuilder { Host = "db", Username = "u", Password = "s3cret", Database = "pos" };
        Assert.Equal("s3cret", PgDumpCommands.Environment(server)["PGPASSWORD"]);
        Assert.DoesNotContain(arguments, a => a.Contains("s3cret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15)]
    [InlineData("pg_dump (PostgreSQL) 18beta1", 18)]
    [InlineData("nothing", null)]
    public void The_tools_major_version_is_read(string line, int? major) => Assert.Equal(major, PgDumpCommands.Major(line));

    [Theory]
    [InlineData("prod|7|ab/../c", "pos-prod-prod-7-ab-..-c")]
    [InlineData("d 1", "pos-prod-d-1")]
    public void A_set_is_named_after_its_deployment(string deployment, string expected) =>
        Assert.Equal(expected, BackupStep.SetName(new BackupLabel("pos", "prod", deployment, "v2")));
}
