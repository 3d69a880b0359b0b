namespace SafeDeploy.Tests.Architecture;

/// <summary>A code is what people search for and scripts match: it means one thing, forever.</summary>
public sealed class ProblemCatalogueTests
{
    [Fact]
    public void The_problems_of_every_project_are_found() =>
        Assert.Equal(["SafeDeploy", "SafeDeploy.Integrations"], ProblemCatalogue.Slices.Select(slice => slice.Type.Assembly.GetName().Name).Distinct().Order().Take(2));

    [Fact]
    public void No_code_means_two_things() =>
        Repository.AssertNone(
            from info in ProblemCatalogue.All
            group info by info.Code into same
            where same.Count() > 1
            select $"{same.Key}: {string.Join(" / ", same.Select(info => info.Title))}");

    [Fact]
    public void Every_declared_problem_is_in_the_list_of_its_slice() =>
        Repository.AssertNone(
            from slice in ProblemCatalogue.Slices
            from info in slice.Declared.Except(slice.Listed)
            select $"{slice.Type.Name}.All leaves out {info.Code}");

    [Fact]
    public void Every_slice_is_known_to_explain() =>
        Assert.Equal(ProblemCatalogue.All.Select(info => info.Code), SafeDeploy.Cli.AllProblems.List().Select(info => info.Code));

    [Fact]
    public void Every_problem_has_a_code_a_meaning_and_a_remedy() =>
        Assert.All(ProblemCatalogue.All, info =>
        {
            Assert.Matches("^SD[0-9]{4}$", info.Code);
            Assert.Matches("^[^.]+$", info.Title);
            Assert.EndsWith(".", info.Meaning, StringComparison.Ordinal);
            Assert.False(string.IsNullOrWhiteSpace(info.Remedy), $"{info.Code} has no remedy");
        });

    [Fact]
    public void No_problem_blames_or_apologises() =>
        Repository.AssertNone(
            from info in ProblemCatalogue.All
            from word in new[] { "please", "oops", "something went wrong", "sorry" }
            where $"{info.Title} {info.Meaning} {info.Remedy}".Contains(word, StringComparison.OrdinalIgnoreCase)
            select $"{info.Code} says \"{word}\"");
}
