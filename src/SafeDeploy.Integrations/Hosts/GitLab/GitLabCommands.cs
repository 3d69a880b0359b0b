using System.Globalization;
using System.Text;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>What GitLab's job log reads out of a job's output: sections and colours. Pure.</summary>
/// <remarks>docs.gitlab.com/ci/jobs/job_logs, "Custom collapsible sections". GitLab has no command that masks a value: only variables marked as masked are.</remarks>
public static class GitLabCommands
{
    private const string Erase = "\u001b[0K";

    /// <param name="name">Letters, digits, <c>_</c>, <c>.</c> and <c>-</c>.</param>
    public static string SectionStart(string name, DateTimeOffset at, string title) =>
        string.Create(CultureInfo.InvariantCulture, $"{Erase}section_start:{at.ToUnixTimeSeconds()}:{name}\r{Erase}{Neutral(title)}");

    public static string SectionEnd(string name, DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $"{Erase}section_end:{at.ToUnixTimeSeconds()}:{name}\r{Erase}");

    /// <summary>A line of the log: level, title, place, then the message, indented where it has several lines.</summary>
    public static string Annotation(HostAnnotation one)
    {
        var colour = one.Level switch { "error" => 31, "warning" => 33, _ => 36 };
        var place = one.File.Length == 0 ? "" : one.Line > 0 ? $" {one.File}:{one.Line.ToString(CultureInfo.InvariantCulture)}" : $" {one.File}";
        var message = string.Join("\n  ", one.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Neutral));
        return string.Create(CultureInfo.InvariantCulture, $"\u001b[{colour}m{one.Level}\u001b[0m{Neutral(place)} {Neutral(one.Title)}: {message}");
    }

    /// <summary>Text of others on one line: nothing that colours, erases, or opens a section.</summary>
    public static string Neutral(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var c in text)
            safe.Append(c == '\t' || !char.IsControl(c) ? c : ' ');
        // Without its control characters a marker is text already; broken, it also looks like none.
        return safe.Replace("section_start:", "section_\u200bstart:").Replace("section_end:", "section_\u200bend:").ToString();
    }
}
