using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SafeDeploy.Reporting;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>A plan as a pull request shows it.</summary>
/// <param name="Refuses">The release would be refused.</param>
/// <param name="Lines">What is pending and how it would go back, one line each, label first.</param>
/// <param name="Findings">Worst first.</param>
public sealed record PlanView(string Environment, bool Refuses, string Headline, ImmutableArray<(string Label, string Text)> Lines, ImmutableArray<RiskLine> Findings)
{
    /// <summary>The verdict as the program itself renders it, inside <see cref="GitHubPlan.MarkdownLimit"/>; empty = from the lines and findings here.</summary>
    public string Markdown { get; init; } = "";

    public bool HasRisk => Refuses || !Findings.IsEmpty;
}

/// <summary>Renders a plan for comment, summary, check run and annotations, inside GitHub's limits. Pure.</summary>
public static class GitHubPlan
{
    /// <summary>What the rendered verdict may have of a comment: marker and link come on top.</summary>
    public const int MarkdownLimit = GitHubReports.BodyLimit - 1024;

    private static readonly string[] Worst = ["critical", "high", "medium", "low", "info"];

    /// <summary>Found again by its first line; a reader does not see it.</summary>
    public static string Marker(string environment) => $"<!-- safe-deploy:plan:{string.Concat(environment.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))} -->";

    public static string Comment(PlanView plan, Uri run) => Fit(plan, $"{Marker(plan.Environment)}\n", $"\n[The whole plan]({run})\n", GitHubReports.BodyLimit);

    public static string Summary(PlanView plan) => Fit(plan, "", "\n", GitHubFiles.SummaryLimit / 4);

    public static ImmutableArray<RiskLine> Sorted(IEnumerable<RiskLine> findings) =>
        [.. findings.OrderBy(f => Rank(f.Severity)).ThenBy(f => f.File, StringComparer.Ordinal).ThenBy(f => f.Line)];

    /// <summary>Worst first, at the lines of the change; what lies outside the changed files can be attached to nothing.</summary>
    /// <param name="changed">Null = not known, then all.</param>
    /// <param name="folder">Of the configuration, from the repository's root.</param>
    public static ImmutableArray<GitHubAnnotation> Annotations(PlanView plan, IReadOnlySet<string>? changed, string folder) => GitHubAnnotation.Shown(
        plan.Findings.Select(f => f with { File = PathOf(folder, f.File) })
            .Where(f => changed is null || changed.Contains(f.File))
            .Select(f => new GitHubAnnotation(LevelOf(f.Severity), $"{f.Severity}: {f.Rule}", $"{f.Message}\n{f.Remedy}", f.File, f.Line)));

    public static ImmutableArray<CheckAnnotation> CheckAnnotations(PlanView plan, string folder) =>
    [
        .. plan.Findings.Select(f => new CheckAnnotation(
            PathOf(folder, f.File), Math.Max(f.Line, 1), Math.Max(f.Line, 1), LevelOf(f.Severity) switch { "error" => "failure", var level => level }, $"{f.Severity}: {f.Rule}", $"{f.Message}\n{f.Remedy}")),
    ];

    public static string LevelOf(string severity) => Rank(severity) switch { <= 1 => "error", 2 => "warning", _ => "notice" };

    private static string PathOf(string folder, string file) => folder.Length == 0 ? file : $"{folder}/{file}";

    private static int Rank(string severity) => Array.IndexOf(Worst, severity) is var at and >= 0 ? at : Worst.Length;

    private static string Fit(PlanView plan, string before, string after, int limit)
    {
        var head = new StringBuilder(before);
        if (plan.Markdown.Length > 0)
            return head.Append(plan.Markdown.TrimEnd()).Append('\n').Append(after).ToString();
        head.Append(CultureInfo.InvariantCulture, $"### {(plan.Refuses ? "❌" : plan.HasRisk ? "⚠️" : "✅")} safe-deploy plan: {GitHubMarkdown.Text(plan.Headline)}\n\n");
        // What people wrote is cut, so that the table and the end always find room.
        foreach (var (label, text) in plan.Lines.Take(50))
            head.Append(CultureInfo.InvariantCulture, $"- **{GitHubMarkdown.Text(label)}** {GitHubMarkdown.Cut(GitHubMarkdown.Text(text), 600)}\n");
        if (plan.Findings.IsEmpty)
            return head.Append(after).ToString();
        head.Append("\n| severity | where | what | instead |\n|---|---|---|---|\n");
        return GitHubMarkdown.Fit(
            head.ToString(), [.. plan.Findings.Select(Row)], n => string.Create(CultureInfo.InvariantCulture, $"\n… and {n} more\n"), after, limit);
    }

    private static string Row(RiskLine f) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {GitHubMarkdown.Text(f.Severity)} | {GitHubMarkdown.Text(f.File)}:{f.Line} | {GitHubMarkdown.Text(f.Message)} ({GitHubMarkdown.Text(f.Rule)}) | {GitHubMarkdown.Text(f.Remedy)} |\n");
}
