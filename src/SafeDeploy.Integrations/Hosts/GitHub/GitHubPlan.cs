using System.Collections.Immutable;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>A plan inside GitHub's limits. Pure.</summary>
public static class GitHubPlan
{
    /// <summary>What the rendered verdict may have of a comment: marker and link come on top.</summary>
    public const int MarkdownLimit = GitHubReports.BodyLimit - 1024;

    public static string Comment(PlanView plan, Uri run) => PlanText.Comment(plan, run, GitHubReports.BodyLimit);

    public static ImmutableArray<CheckAnnotation> CheckAnnotations(PlanView plan, string folder) =>
    [
        .. plan.Findings.Select(f => new CheckAnnotation(
            PlanView.PathOf(folder, f.File), Math.Max(f.Line, 1), Math.Max(f.Line, 1), PlanView.LevelOf(f.Severity) switch { "error" => "failure", var level => level }, $"{f.Severity}: {f.Rule}", $"{f.Message}\n{f.Remedy}")),
    ];
}
