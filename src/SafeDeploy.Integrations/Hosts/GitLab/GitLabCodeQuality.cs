using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SafeDeploy.Reporting;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>A plan's findings as GitLab's Code Quality report. Pure.</summary>
/// <remarks>docs.gitlab.com/ci/testing/code_quality, "Code Quality report format".</remarks>
public static class GitLabCodeQuality
{
    private const int LongestDescription = 1000;

    /// <summary>An empty list where nothing was found: GitLab shows what an earlier report had as fixed.</summary>
    /// <param name="folder">Of the configuration, from the repository's root.</param>
    public static string Of(PlanView plan, string folder, Redactor redactor)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        CodeQualityFinding[] findings = [.. plan.Findings.Select(f => Finding(f, PlanView.PathOf(folder, Plain(f.File)), seen, redactor))];
        return JsonSerializer.Serialize(findings, GitLabJson.Default.CodeQualityFindingArray);
    }

    private static CodeQualityFinding Finding(RiskLine f, string file, Dictionary<string, int> seen, Redactor redactor) => new(
        HostMarkdown.Cut(redactor.Clean($"{f.Message.TrimEnd('.')}. {f.Remedy}"), LongestDescription).TrimEnd(), f.Rule, Fingerprint(f, file, seen), SeverityOf(f.Severity),
        new CodeQualityLocation(file, new CodeQualityLines(Math.Max(f.Line, 1))));

    private static string Plain(string file) => file.StartsWith("./", StringComparison.Ordinal) ? file[2..] : file;

    /// <summary>Without the line, which moves when something above it changes; the second of two equal findings counts for itself.</summary>
    private static string Fingerprint(RiskLine f, string file, Dictionary<string, int> seen)
    {
        var same = $"{f.Rule}\n{file}\n{f.Message}";
        var number = seen[same] = seen.GetValueOrDefault(same) + 1;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{same}\n{number.ToString(CultureInfo.InvariantCulture)}")));
    }

    public static string SeverityOf(string severity) => severity switch
    {
        "critical" => "blocker",
        "high" => "critical",
        "medium" => "major",
        "low" => "minor",
        _ => "info",
    };
}
