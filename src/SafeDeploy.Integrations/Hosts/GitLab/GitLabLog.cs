using System.Globalization;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>A job's log as GitLab shows it: each stage a section that people fold.</summary>
public sealed class GitLabLog(TextWriter output, TimeProvider time) : HostLog(output)
{
    private int _sections;
    private string _open = "";

    // Sections are the only commands, and control characters of the run's text never reach the log.
    protected override void BeforeCommand()
    {
    }

    protected override void Plain(string line) => Output.Write(GitLabCommands.Neutral(line) + "\n");

    protected override string Group(string title)
    {
        // Several steps of one job write into one log: the second tells their sections apart.
        _open = string.Create(CultureInfo.InvariantCulture, $"safe_deploy_{time.GetUtcNow().ToUnixTimeSeconds()}_{++_sections}");
        return GitLabCommands.SectionStart(_open, time.GetUtcNow(), title);
    }

    protected override string EndGroup() => GitLabCommands.SectionEnd(_open, time.GetUtcNow());
}
