using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Architecture;

/// <summary>docs/contributing/test-runner.md: what was observed on GitHub's runner, each with the test that holds ours to it.</summary>
public sealed partial class RunnerFactsTableTests
{
    private const int Observed = 29;

    private static readonly (int Number, string[] Tests)[] Facts =
    [
        .. Repository.Read("docs/contributing/test-runner.md").Split('\n').Select(line => Row().Match(line)).Where(row => row.Success)
            .Select(row => (int.Parse(row.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), Name().Matches(row.Groups[2].Value).Select(name => name.Groups[1].Value).ToArray())),
    ];

    [Fact]
    public void Every_fact_that_was_observed_has_its_row() => Assert.Equal(Enumerable.Range(1, Observed), Facts.Select(fact => fact.Number));

    [Fact]
    public void Every_fact_has_a_test_that_exists()
    {
        var tests = Repository.Files("tests", "*Tests*.cs").SelectMany(file => Test().Matches(Repository.Read(file))).Select(test => test.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        Repository.AssertNone(Facts.Where(fact => fact.Tests.Length == 0).Select(fact => $"fact {fact.Number} has no test")
            .Concat(from fact in Facts from test in fact.Tests where !tests.Contains(test) select $"fact {fact.Number}: there is no test {test}"));
    }

    /// <summary>Number, and what stands in the last cell.</summary>
    [GeneratedRegex(@"^\| (\d+) \|.*\| ([^|]*) \|$")]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"public (?:async Task|void) (\w+)\(")]
    private static partial Regex Test();
}
