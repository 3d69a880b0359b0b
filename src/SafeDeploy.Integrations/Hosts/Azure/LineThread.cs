using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Reporting;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>A thread at a line of the change, for one finding. Pure.</summary>
/// <param name="Marker">Says which finding it is, also after the line has moved.</param>
/// <param name="File">From the repository's root.</param>
public sealed record LineThread(string Marker, string File, int Line, string Body)
{
    private const int Longest = 4000;

    public static string Family(string environment) => $"<!-- safe-deploy:finding:{Safe(environment)}:";

    /// <summary>The worst findings of changed files, at most so many; only those that would stand in the way of the merge by their severity.</summary>
    public static ImmutableArray<LineThread> Of(PlanView plan, string folder, Func<string, bool> isChanged, int most)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var threads = ImmutableArray.CreateBuilder<LineThread>();
        foreach (var found in plan.Findings.Where(f => PlanView.LevelOf(f.Severity) == "error"))
        {
            var file = PlanView.PathOf(folder, found.File);
            if (threads.Count >= most || !isChanged(file))
                continue;
            var key = $"{found.Rule}:{file}";
            var nth = seen[key] = seen.GetValueOrDefault(key) + 1;
            var marker = string.Create(CultureInfo.InvariantCulture, $"{Family(plan.Environment)}{Safe(found.Rule)}:{Safe(file)}:{nth} -->");
            threads.Add(new LineThread(marker, file, Math.Max(found.Line, 1), HostMarkdown.Cut(Text(marker, found), Longest)));
        }

        return threads.ToImmutable();
    }

    private static string Text(string marker, RiskLine found) =>
        $"{marker}\n**{HostMarkdown.Text(found.Severity)}: {HostMarkdown.Text(found.Rule)}**\n\n{HostMarkdown.Text(found.Message)}\n\n{HostMarkdown.Text(found.Remedy)}\n";

    /// <summary>Inside a comment of HTML.</summary>
    private static string Safe(string text) => string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' ? c : '_')).Replace("--", "-_", StringComparison.Ordinal);
}
