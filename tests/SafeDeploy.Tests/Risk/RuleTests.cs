using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk;

namespace SafeDeploy.Tests.Risk;

/// <summary>tests/rules/SLUG/unsafe.sql fires its rule, safe.sql does not; what stands above "-- change" existed before.</summary>
public sealed class RuleTests
{
    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    public static TheoryData<string> Slugs => [.. RuleCatalogue.All.Select(r => r.Info.Slug)];

    [Theory]
    [MemberData(nameof(Slugs))]
    public void A_rule_fires_on_its_unsafe_and_not_on_its_safe_example(string slug)
    {
        Assert.Contains(slug, Found(slug, "unsafe.sql"));
        Assert.DoesNotContain(slug, Found(slug, "safe.sql"));
    }

    [Fact]
    public void Every_rule_is_named_after_its_class_and_has_its_examples()
    {
        foreach (var rule in RuleCatalogue.All)
        {
            var kebab = string.Concat(rule.GetType().Name.Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
            Assert.Equal(kebab, rule.Info.Slug);
        }

        Assert.Equal(RuleCatalogue.All.Select(r => r.Info.Slug).Order(), Directory.GetDirectories(RuleExamples.Folder).Select(d => Path.GetFileName(d)).Order());
        var classes = typeof(IRule).Assembly.GetTypes().Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(IRule)));
        Assert.Equal(classes.Select(t => t.Name).Order(), RuleCatalogue.All.Select(r => r.GetType().Name).Order());
    }

    private static IReadOnlyList<string> Found(string slug, string file) =>
        [.. RuleExamples.Judge(slug, file, Parser).Statements.SelectMany(s => s.Findings).Select(f => f.Rule)];
}
