using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Architecture;

/// <summary>A page that points nowhere is worse than no page.</summary>
public sealed partial class DocsLinkTests
{
    [Fact]
    public void Every_link_of_the_docs_leads_to_a_file_and_a_heading_that_exist()
    {
        var broken =
            from page in Repository.Files("", "*.md")
            from Match link in Link().Matches(WithoutCode(Repository.Read(page)))
            let target = link.Groups[1].Value
            where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
            where !Resolves(page, target)
            select $"{page} points to {target}";
        Repository.AssertNone(broken);
    }

    [Fact]
    public void Every_requirement_is_listed_once_with_where_it_is_met()
    {
        var rows = RequirementRow().Matches(Repository.Read("docs/requirements.md"));
        Assert.Equal(Enumerable.Range(1, 180).Select(number => $"R{number:000}"), rows.Select(row => row.Groups[1].Value));
        Assert.All(rows, row => Assert.Matches(@"^(met: \S.*|partly: \S.*|not yet)$", row.Groups[2].Value.Trim()));
    }

    [Fact]
    public void Every_file_that_a_requirement_names_exists()
    {
        var missing =
            from Match row in RequirementRow().Matches(Repository.Read("docs/requirements.md"))
            from Match file in QuotedPath().Matches(row.Groups[2].Value)
            where !Path.Exists(Repository.PathOf(file.Groups[1].Value))
            select $"{row.Groups[1].Value} names {file.Groups[1].Value}";
        Repository.AssertNone(missing);
    }

    [Fact]
    public void Every_test_that_a_page_names_exists()
    {
        var tests = Repository.Files("tests", "*.cs").Where(file => file.EndsWith("Tests.cs", StringComparison.Ordinal) || file.EndsWith("Contract.cs", StringComparison.Ordinal))
            .SelectMany(file => TestMethod().Matches(Repository.Read(file)).Select(method => $"{Path.GetFileNameWithoutExtension(file)}.{method.Groups[1].Value}"))
            .ToHashSet(StringComparer.Ordinal);
        var named =
            from page in Repository.Files("docs", "*.md")
            from Match test in NamedTest().Matches(Repository.Read(page))
            select (page, test: test.Groups[1].Value);
        Assert.True(named.Count() > 20);
        Repository.AssertNone(named.Where(n => !tests.Contains(n.test)).Select(n => $"{n.page} names the test {n.test}"));
    }

    [Fact]
    public void Every_type_and_folder_on_the_map_exists()
    {
        var page = Repository.Read("docs/architecture.md");
        var declared = Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs"))
            .SelectMany(file => DeclaredType().Matches(Repository.Read(file)).Select(match => match.Groups[1].Value))
            .ToHashSet(StringComparer.Ordinal);
        Repository.AssertNone(
            QuotedType().Matches(WithoutCode(page)).Select(match => match.Groups[1].Value).Where(name => !declared.Contains(name))
                .Select(name => $"no type {name}"));
        Repository.AssertNone(
            MappedFolder().Matches(page).Select(match => match.Groups[1].Value)
                .Where(folder => !MapRoots.Any(root => Directory.Exists(Repository.PathOf(root, folder))))
                .Select(folder => $"no folder {folder}"));
    }

    private static readonly string[] MapRoots = ["", "src", "src/SafeDeploy", "tests"];

    private static bool Resolves(string page, string target)
    {
        var (path, anchor) = target.Split('#', 2) is [var before, var after] ? (before, after) : (target, null);
        var file = path.Length == 0 ? Repository.PathOf(page) : Path.GetFullPath(Repository.PathOf(Path.GetDirectoryName(page)!, path));
        if (!Path.Exists(file))
            return false;
        return anchor is null || Headings(File.ReadAllText(file)).Contains(anchor);
    }

    /// <summary>The anchors that the hosts give to headings: lower case, punctuation gone, blanks as hyphens.</summary>
    private static HashSet<string> Headings(string text) =>
        [.. Heading().Matches(WithoutCode(text)).Select(match => NotInAnchor().Replace(match.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-')),
         .. NamedAnchor().Matches(text).Select(match => match.Groups[1].Value)];

    private static string WithoutCode(string text) => Fence().Replace(text, "");

    [GeneratedRegex(@"`([A-Z]\w+(?:Tests|Contract)\.[A-Z]\w+)`")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"^    public (?:async )?(?:Task|void) (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#{1,6}\s+(.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"<a (?:id|name)=""([^""]+)""")]
    private static partial Regex NamedAnchor();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"^(`{3,}).*?^\1\s*$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^\| (R\d{3}) \|.*\|([^|]*)\|\s*$", RegexOptions.Multiline)]
    private static partial Regex RequirementRow();

    [GeneratedRegex(@"\b(?:class|record struct|record|interface|enum|struct) (\w+)")]
    private static partial Regex DeclaredType();

    [GeneratedRegex(@"`([A-Z]\w+)(?:\.\w+)?`")]
    private static partial Regex QuotedType();

    [GeneratedRegex(@"^ *([\w.]+)/(?=\s|$)", RegexOptions.Multiline)]
    private static partial Regex MappedFolder();

    [GeneratedRegex(@"`((?:src|tests|docs|build\.d|\.ci|action)[\w./-]*|build)`")]
    private static partial Regex QuotedPath();
}
