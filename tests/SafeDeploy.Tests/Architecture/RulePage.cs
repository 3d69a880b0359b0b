using System.Globalization;
using System.Text;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Hazards;
using SafeDeploy.Tests.Risk;

namespace SafeDeploy.Tests.Architecture;

/// <summary>docs/rules: what a rule says of itself, with its examples judged by the program itself.</summary>
internal static class RulePage
{
    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    public static string Markdown(RuleInfo info)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# {info.Slug}\n\n{info.Title}.\n\n");
        page.Append("| | |\n|---|---|\n");
        page.Append(CultureInfo.InvariantCulture, $"| severity | {info.Severity.ToString().ToLowerInvariant()} |\n");
        if (info.Lock != LockLevel.None)
            page.Append(CultureInfo.InvariantCulture, $"| lock | {info.Lock.Spelled()} |\n");
        page.Append(CultureInfo.InvariantCulture, $"| prevents | {info.Prevents} |\n| do | {info.Remedy} |\n");
        if (info.Manual.Length > 0)
            page.Append(CultureInfo.InvariantCulture, $"| manual | [{info.Manual}](https://www.postgresql.org/docs/current/{info.Manual}.html) |\n");
        foreach (var hazard in HazardCatalogue.FoundBy(info.Slug))
            page.Append(CultureInfo.InvariantCulture, $"| hazard | [{hazard.Id}](README.md): {hazard.Catches} |\n");
        if (RuleExamples.Has(info.Slug))
            Examples(page, info.Slug);
        page.Append("\nTo accept one finding, with the reason: `-- safe-deploy: ignore ").Append(info.Slug).Append(" because=\"…\"` above the statement; `until=2027-01-31` ends it.\n");
        return page.ToString();
    }

    private static void Examples(StringBuilder page, string slug)
    {
        var (before, change) = RuleExamples.Read(slug, "unsafe.sql");
        page.Append("\n## What it finds\n\n");
        if (before.Length > 0)
            page.Append(CultureInfo.InvariantCulture, $"Before:\n\n```sql\n{before.Trim()}\n```\n\nThe change:\n\n");
        page.Append(CultureInfo.InvariantCulture, $"```sql\n{change.Trim()}\n```\n\n");
        foreach (var statement in RuleExamples.Judge(slug, "unsafe.sql", Parser).Statements)
            foreach (var finding in statement.Findings.Where(f => f.Rule == slug))
            {
                page.Append(CultureInfo.InvariantCulture, $"> {MarkdownOf(finding.Message)}\n\n");
                if (finding.Remedy.Contains(';', StringComparison.Ordinal))
                    page.Append(CultureInfo.InvariantCulture, $"Instead:\n\n```sql\n{finding.Remedy.Trim()}\n```\n\n");
            }

        var safe = RuleExamples.Read(slug, "safe.sql").Change.Trim();
        page.Append(CultureInfo.InvariantCulture, $"## What it leaves alone\n\n```sql\n{safe}\n```\n");
    }

    // Names in a message are not markup.
    private static string MarkdownOf(string text) => text.Replace("_", "\\_", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    /// <summary>The catalogue of hazards: which rule finds it, or why none does.</summary>
    public static string Index()
    {
        var page = new StringBuilder("# Rules\n\nWhat `plan` looks for. Generated from the rules and their examples in `tests/rules`; `safe-deploy explain RULE` prints a page.\n\n");
        var found = HazardCatalogue.All.Count(h => !h.Rules.IsEmpty);
        page.Append(CultureInfo.InvariantCulture, $"## Hazards\n\n{HazardCatalogue.All.Length} ways in which a migration hurts; {found} are found by a rule, the others say why not. L locks, D data, C compatibility with the image that serves, F failure, T tenants, S rights, H hygiene.\n\n| | hazard | found by |\n|---|---|---|\n");
        foreach (var hazard in HazardCatalogue.All)
            page.Append(CultureInfo.InvariantCulture, $"| {hazard.Id} | {hazard.Catches} | {FoundBy(hazard)} |\n");
        page.Append("\n## All rules\n\n| rule | severity | says |\n|---|---|---|\n");
        foreach (var info in RuleCatalogue.Infos.OrderBy(i => i.Slug, StringComparer.Ordinal))
            page.Append(CultureInfo.InvariantCulture, $"| [{info.Slug}]({info.Slug}.md) | {info.Severity.ToString().ToLowerInvariant()} | {info.Title} |\n");
        return page.ToString();
    }

    private static string FoundBy(Hazard hazard)
    {
        var rules = string.Join(", ", hazard.Rules.Select(r => $"[{r}]({r}.md)"));
        return rules.Length == 0 ? $"no rule: {hazard.Note}" : hazard.Note.Length == 0 ? rules : $"{rules}; {hazard.Note}";
    }
}
