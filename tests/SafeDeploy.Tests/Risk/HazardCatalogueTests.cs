using SafeDeploy.Risk;
using SafeDeploy.Risk.Hazards;

namespace SafeDeploy.Tests.Risk;

public sealed class HazardCatalogueTests
{
    [Fact]
    public void Every_hazard_is_found_by_a_rule_that_exists_or_says_why_not()
    {
        Assert.Equal(105, HazardCatalogue.All.Select(h => h.Id).Distinct().Count());
        Assert.All(HazardCatalogue.All, h => Assert.True(!h.Rules.IsEmpty || h.Note.Length > 0, h.Id));
        Assert.All(HazardCatalogue.All.SelectMany(h => h.Rules), slug => Assert.NotNull(RuleCatalogue.Find(slug)));
    }

    [Theory]
    [InlineData('L', 55)]
    [InlineData('D', 18)]
    [InlineData('C', 11)]
    [InlineData('F', 13)]
    [InlineData('T', 4)]
    [InlineData('S', 3)]
    [InlineData('H', 1)]
    public void The_groups_are_whole(char group, int count) =>
        Assert.Equal(Enumerable.Range(1, count).Select(i => $"{group}{i:00}"), HazardCatalogue.All.Select(h => h.Id).Where(id => id[0] == group));
}
