using System.Collections.Immutable;
using SafeDeploy.Migrations;

namespace SafeDeploy.Tests.Migrations;

/// <summary>What a scope's history and the folder say of each other.</summary>
public sealed class HistoryTests
{
    private static readonly MigrationSet Set = new(ScopeKind.Tenants, "golang-migrate", "db/tenant", [File("1"), File("2"), File("3")]);

    [Fact]
    public void What_the_history_lacks_is_pending() =>
        Assert.Equal(["3"], History.Compare(Set, [Row("001"), Row("2")]).Pending.Select(m => m.Version.Text));

    [Fact]
    public void A_scope_that_has_all_is_up_to_date()
    {
        var comparison = History.Compare(Set, [Row("1"), Row("2"), Row("3")]);
        Assert.Empty(comparison.Pending);
        Assert.Empty(comparison.Deviations);
    }

    [Fact]
    public void An_adopted_scope_without_any_migration_needs_all_of_them()
    {
        var comparison = History.Compare(Set, [Row("0") with { Checksum = "" }]);
        Assert.Equal(3, comparison.Pending.Length);
        Assert.Empty(comparison.Deviations);
    }

    [Fact]
    public void A_history_of_another_program_has_no_checksum_to_compare() =>
        Assert.Empty(History.Compare(Set, [Row("1") with { Checksum = "" }]).Deviations);

    [Fact]
    public void Each_deviation_is_said_once_with_the_tenants_it_concerns()
    {
        var tenants = Enumerable.Range(1, 7).Select(i => Scope.Parse($"t{i}")).ToImmutableArray();
        var applied = tenants.ToImmutableDictionary(t => t, t => t.Schema switch
        {
            "t1" => ImmutableArray.Create(Row("1"), Row("3")),
            "t2" => [Row("1"), Row("2"), Row("2.5") with { Name = "gone" }],
            _ => [Row("1") with { Checksum = "sha256:0000000000000000000000" }],
        });
        var fleet = FleetHistory.Of(Set, applied, [new(Scope.Parse("old1"), null), new(Scope.Parse("old2"), "flyway")]);
        Assert.Equal(["2", "3"], fleet.Versions.Select(v => v.Text));
        Golden.Verify(ProblemText.Of(fleet.Problems));
    }

    [Theory]
    [InlineData("1.9", "1.10")]
    [InlineData("9", "10")]
    [InlineData("1", "1.1")]
    [InlineData("20231231", "20240101")]
    public void Versions_are_ordered_number_by_number(string lower, string higher) =>
        Assert.True(new MigrationVersion(lower).CompareTo(new MigrationVersion(higher)) < 0);

    private static Migration File(string version) => new(
        new MigrationVersion(version), $"m{version}", $"sha256:{version.PadLeft(20, 'a')}",
        new MigrationScript($"db/tenant/{version}_m.up.sql", "select 1", 1), null, MigrationHeader.None);

    private static AppliedMigration Row(string version) =>
        new(new MigrationVersion(version), $"m{version}", $"sha256:{version.TrimStart('0').PadLeft(20, 'a')}", null, MigrationHeader.None, null);
}
