using System.Collections.Immutable;
using SafeDeploy.Reporting;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>A plan as a pull request shows it.</summary>
/// <param name="Refuses">The release would be refused.</param>
/// <param name="Lines">What is pending and how it would go back, one line each, label first.</param>
/// <param name="Findings">Worst first.</param>
public sealed record PlanView(string Environment, bool Refuses, string Headline, ImmutableArray<(string Label, string Text)> Lines, ImmutableArray<RiskLine> Findings)
{
    private static readonly string[] Worst = ["critical", "high", "medium", "low", "info"];

    /// <summary>The verdict as the program itself renders it, inside the limit that the host has for a comment; empty = from the lines and findings here.</summary>
    public string Markdown { get; init; } = "";

    public bool HasRisk => Refuses || !Findings.IsEmpty;

    /// <summary>Worst first.</summary>
    public static ImmutableArray<RiskLine> Sorted(IEnumerable<RiskLine> findings) =>
        [.. findings.OrderBy(f => RankOf(f.Severity)).ThenBy(f => f.File, StringComparer.Ordinal).ThenBy(f => f.Line)];

    /// <summary>Worst first, at the lines of the change; what lies outside the changed files can be attached to nothing.</summary>
    /// <param name="changed">Null = not known, then all.</param>
    /// <param name="folder">Of the configuration, from the repository's root.</param>
    public ImmutableArray<HostAnnotation> Annotations(IReadOnlySet<string>? changed, string folder) => HostAnnotation.Shown(
        Findings.Select(f => f with { File = PathOf(folder, f.File) })
            .Where(f => changed is null || changed.Contains(f.File))
            .Select(f => new HostAnnotation(LevelOf(f.Severity), $"{f.Severity}: {f.Rule}", $"{f.Message}\n{f.Remedy}", f.File, f.Line) { Code = f.Rule }));

    /// <summary><c>error</c>, <c>warning</c> or <c>notice</c>.</summary>
    public static string LevelOf(string severity) => RankOf(severity) switch { <= 1 => "error", 2 => "warning", _ => "notice" };

    public static string PathOf(string folder, string file) => folder.Length == 0 ? file : $"{folder}/{file}";

    /// <summary>0 = the worst.</summary>
    public static int RankOf(string severity) => Array.IndexOf(Worst, severity) is var at and >= 0 ? at : Worst.Length;
}
