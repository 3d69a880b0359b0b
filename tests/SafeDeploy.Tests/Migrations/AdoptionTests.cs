using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Migrations.Adoption;

namespace SafeDeploy.Tests.Migrations;

/// <summary>What the history tables of other tools mean; rows as each tool writes them.</summary>
public sealed class AdoptionTests
{
    private static readonly MigrationSet Set = new(ScopeKind.Tenants, "any", "db", [File("001"), File("002"), File("003")]);

    [Theory]
    [InlineData("golang-migrate", "2|false", "001 002")]
    [InlineData("golang-migrate", "", "")]
    [InlineData("golang-migrate", "2|true", "broken")]
    [InlineData("golang-migrate", "9|false", "unknown 9")]
    [InlineData("flyway", "1|SQL|true|a;2|SQL|true|b", "001 002")]
    [InlineData("flyway", "1|SQL|true|a;2|SQL|true|b;2|UNDO_SQL|true|u", "001")]
    [InlineData("flyway", "2|BASELINE|true|b", "001 002")]
    [InlineData("flyway", "-|SQL|true|R__views;1|SQL|true|a", "001")]
    [InlineData("flyway", "1|SQL|false|a", "broken")]
    [InlineData("flyway", "2|BASELINE|true|b;3|SQL|true|c", "broken")]
    [InlineData("diesel", "001;002", "001 002")]
    [InlineData("dbmate", "001;003", "001 003")]
    [InlineData("dbmate", "001;004", "unknown 4")]
    [InlineData("goose", "0|true;1|true;2|true;2|false", "001")]
    [InlineData("goose", "0|true;1|true;1|false;1|true", "001")]
    [InlineData("prisma", "1_a|2024|-;2_b|2024|2024", "001")]
    [InlineData("prisma", "1_a|-|-", "broken")]
    [InlineData("ef", "1_First;2_Second", "001 002")]
    [InlineData("django", "shop|0001_initial", "unknown shop.1.initial")]
    public void A_history_is_taken_for_what_its_tool_means(string tool, string rows, string expected)
    {
        var table = ForeignHistoryTables.Named(tool)!;
        var read = rows.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(row => row.Split('|').Select(v => v == "-" ? null : v).ToImmutableArray()).ToImmutableArray();
        Assert.All(read, row => Assert.Equal(table.Columns.Length, row.Length));
        var scope = AdoptedScope.Of(Scope.Parse("acme"), Set, table.Read(read));
        var told = scope.Broken is not null ? "broken"
            : scope.Unknown.Length > 0 ? $"unknown {string.Join(' ', scope.Unknown)}"
            : string.Join(' ', scope.Applied.Select(m => m.Version.Text));
        Assert.Equal(expected, told);
    }

    private static Migration File(string version) =>
        new(new MigrationVersion(version), "m", "sha256:1", new MigrationScript("", "", 1), null, MigrationHeader.None);
}
