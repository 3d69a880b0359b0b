using System.Text;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>What GitLab alone reads out of Markdown. Pure.</summary>
public static class GitLabMarkdown
{
    /// <summary>
    /// No line is a quick action: a note that somebody's token writes would merge, close or assign with its rights.
    /// And no <c>!12</c> becomes a link, which would leave a remark at another merge request.
    /// </summary>
    /// <remarks>docs.gitlab.com/user/project/quick_actions; docs.gitlab.com/user/markdown, "GitLab-specific references".</remarks>
    public static string Harmless(string markdown)
    {
        var lines = markdown.Split('\n');
        var fence = 0;
        for (var i = 0; i < lines.Length; i++)
        {
            var run = lines[i].TakeWhile(c => c == '`').Count();
            // In a code block GitLab reads nothing, and people copy from it.
            if (fence > 0)
                fence = run >= fence && lines[i].TrimEnd().Length == run ? 0 : fence;
            else if (run >= 3)
                fence = run;
            else
                lines[i] = WithoutReferences(lines[i].TrimStart().StartsWith('/') ? "\u200b" + lines[i] : lines[i]);
        }

        return string.Join('\n', lines);
    }

    private static string WithoutReferences(string line)
    {
        var safe = new StringBuilder(line.Length);
        for (var i = 0; i < line.Length; i++)
        {
            safe.Append(line[i]);
            if (line[i] == '!' && i + 1 < line.Length && char.IsAsciiDigit(line[i + 1]))
                safe.Append('\u200b');
        }

        return safe.ToString();
    }
}
