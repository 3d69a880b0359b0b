using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SafeDeploy.Reporting;

namespace SafeDeploy.Tests.Reporting;

/// <summary>The report in its three forms: what it says, and that nothing in it can become more than text.</summary>
public sealed partial class DeploymentReportTests
{
    private const string Enemy =
        "</td></script><script>alert(1)</script><img src=x onerror=alert(2)>\" onmouseover=\"x' | `x` [a](javascript:x) @everyone #1\n::set-env name=X::1\n##vso[task.setvariable]x\u202Eevil\u0007";

    private static readonly HashSet<string> Tags = new(
        "html head meta title style body main header section footer div span h1 h2 h3 p b i u em a code pre dl dt dd ul ol li bdi svg rect table thead tbody tr th td".Split(' '), StringComparer.Ordinal);

    [Fact]
    public void A_deployment_that_went_back_as_markdown() => Golden.Verify(MarkdownReport.Render(Stories.WentBack().Report, Redactor.None));

    [Fact]
    public void A_deployment_that_went_back_as_a_page() =>
        Golden.Verify(HtmlReport.Render(Stories.WentBack().Report, Redactor.None).Replace(HtmlStyle.Css, "STYLE", StringComparison.Ordinal));

    [Fact]
    public void A_deployment_that_went_back_as_the_beginning_of_a_post_mortem() => Golden.Verify(MarkdownReport.PostMortem(Stories.WentBack().Report, Redactor.None));

    [Fact]
    public void Nothing_that_an_enemy_wrote_becomes_markup_of_the_page()
    {
        var page = HtmlReport.Render(Stories.Hostile(Enemy).Report, Redactor.None).Replace(HtmlStyle.Css, "", StringComparison.Ordinal);
        Assert.All(Element().Matches(page), tag => Assert.Contains(tag.Groups[1].Value, Tags));
        Assert.DoesNotContain(Attribute().Matches(page), attribute => attribute.Groups[1].Value.StartsWith("on", StringComparison.Ordinal));
        Assert.DoesNotContain('\u202E', page);
        Assert.DoesNotContain('\u0007', page);
        Assert.Contains("\\u202eevil\\u0007", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_that_an_enemy_wrote_becomes_markup_or_a_command_in_markdown()
    {
        var page = MarkdownReport.Render(Stories.Hostile(Enemy).Report, Redactor.None);
        var (fences, text) = Parted(page);
        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
        Assert.DoesNotContain("@everyone", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(?<!\\)\[a", text);
        Assert.All(page.Split('\n'), line => Assert.False(line.TrimStart().StartsWith("::", StringComparison.Ordinal) || line.Contains("##vso", StringComparison.Ordinal), line));
        Assert.NotEmpty(fences);
        // Each row of a table has the columns of its head.
        Assert.All(Tables(text), table => Assert.Single(table.Select(Cells).Distinct()));
    }

    [Fact]
    public void Evidence_cannot_end_its_fence() =>
        Assert.Contains("`````text\na\n````\n# b\n`````\n", new ReportText(Redactor.None).Fenced("a\n````\n# b"), StringComparison.Ordinal);

    [Fact]
    public void A_secret_is_in_no_form_of_the_report()
    {
        const string Secret = "p&ss<w>\"rd|_*";
        var report = Stories.Hostile($"login with {Secret} failed").Report;
        var redactor = new Redactor([Secret]);
        foreach (var page in new[] { HtmlReport.Render(report, redactor), MarkdownReport.Render(report, redactor), MarkdownReport.Summary(report, redactor), MarkdownReport.PostMortem(report, redactor) })
        {
            Assert.Contains("login with", page, StringComparison.Ordinal);
            Assert.DoesNotContain("ss&lt;w", page, StringComparison.Ordinal);
            Assert.DoesNotContain("ss<w", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_summary_of_five_thousand_tenants_fits_and_begins_with_what_failed()
    {
        var report = Stories.WentBack(5_000).Report;
        var summary = MarkdownReport.Summary(report, Redactor.None);
        Assert.InRange(Encoding.UTF8.GetByteCount(summary), 1_000, MarkdownReport.SummaryBytes);
        Assert.Contains("… and 4,800 more", summary, StringComparison.Ordinal);
        var schemas = summary[summary.IndexOf("### Schemas", StringComparison.Ordinal)..];
        Assert.StartsWith("| acme\\_2501 | **failed** | SD0412 lock not granted", schemas.Split('\n')[4], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(2_000)]
    public void A_summary_fits_whatever_the_limit(int bytes)
    {
        var summary = MarkdownReport.Summary(Stories.Hostile(string.Concat(Enumerable.Repeat("ééé ``` ", 4_000))).Report, Redactor.None, bytes);
        Assert.InRange(Encoding.UTF8.GetByteCount(summary), 100, bytes);
    }

    [Fact]
    public void The_json_is_as_its_schema_says()
    {
        var schema = JsonNode.Parse(ReportSchema.Json())!;
        foreach (var report in new[] { Stories.WentBack().Report, Stories.Hostile(Enemy).Report })
            Assert.Empty(ReportSchema.Faults(schema, schema, JsonNode.Parse(JsonSerializer.Serialize(report, SafeDeployJson.Default.DeploymentReport))));
        var broken = JsonNode.Parse(JsonSerializer.Serialize(Stories.WentBack().Report, SafeDeployJson.Default.DeploymentReport))!;
        broken["tenants"]![0]!["duration_ms"] = "long";
        Assert.Single(ReportSchema.Faults(schema, schema, broken));
    }

    [Fact]
    public void A_tenant_that_failed_and_was_moved_later_failed_no_more()
    {
        var tenants = Stories.WentBack().Report.Tenants;
        Assert.Equal(["failed", "untouched", "back", "forward"], tenants.Select(t => t.State));
    }

    [Fact]
    public void A_long_wait_between_steps_is_drawn_short()
    {
        var axis = new TimeAxis([(0, 1_000), (3_600_000, 3_601_000)]);
        Assert.True(axis.IsShortened);
        Assert.InRange(axis.At(1_000), 0.4, 0.5);
        Assert.InRange(axis.At(3_600_000), 0.5, 0.6);
        Assert.Equal(1, axis.At(3_601_000), 3);
    }

    private static (List<string> Fences, string Text) Parted(string page)
    {
        var fences = Fence().Matches(page).Select(m => m.Value).ToList();
        return (fences, Fence().Replace(page, ""));
    }

    private static IEnumerable<IEnumerable<string>> Tables(string text) =>
        text.Split("\n\n").Where(block => block.StartsWith('|')).Select(block => block.Split('\n').Where(line => line.StartsWith('|')));

    private static int Cells(string line) => UnescapedBar().Count(line);

    [GeneratedRegex(@"<([a-zA-Z][a-zA-Z0-9]*)")]
    private static partial Regex Element();

    [GeneratedRegex(@"<[a-z][^>]*?\s([a-zA-Z-]+)\s*=")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"^(`{3,})text\n.*?\n\1$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex UnescapedBar();
}
