using System.Globalization;
using System.Net;
using System.Text;

namespace SafeDeploy.Reporting;

/// <summary>Text from the ledger on its way into a report: secrets out, hidden characters visible, markup of the sink taken as text.</summary>
/// <remarks>Names of tenants and messages of servers were written by others: nothing of them is trusted.</remarks>
public sealed class ReportText(Redactor redactor)
{
    /// <summary>For an element or an attribute in quotes.</summary>
    public string Html(string text) => WebUtility.HtmlEncode(Plain(text));

    /// <summary>For one line of Markdown or a cell of a table: no markup, no mention, no reference, no command of a CI host.</summary>
    public string Markdown(string text)
    {
        var safe = new StringBuilder();
        foreach (var c in Plain(text).Replace('\n', ' '))
            safe.Append(c switch
            {
                '\\' or '`' or '*' or '_' or '[' or ']' or '|' or '~' or '!' => $"\\{c}",
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                // A mention would notify people, a number would link to an issue, and "##[" is a command to Azure Pipelines.
                '@' => "&#64;",
                '#' => "&#35;",
                _ => c.ToString(),
            });
        // GitHub takes a line that begins so as a command.
        return safe.Replace("::", ":&#58;").ToString();
    }

    /// <summary>A block of evidence with a fence that nothing in it can end.</summary>
    public string Fenced(string text)
    {
        var lines = Plain(text).Split('\n').Select(line => Harmless(line));
        var body = string.Join('\n', lines).TrimEnd('\n');
        var fence = new string('`', Math.Max(3, LongestRun(body, '`') + 1));
        return $"{fence}text\n{body}\n{fence}\n";
    }

    /// <summary>Without secrets; control and format characters, which reverse or hide text, as <c>\u202e</c>. Line ends stay.</summary>
    public string Plain(string text)
    {
        var plain = new StringBuilder();
        foreach (var rune in redactor.Clean(text).ReplaceLineEndings("\n").EnumerateRunes())
        {
            if (rune.Value != '\n' && (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))
                plain.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                plain.Append(rune.ToString());
        }

        return plain.ToString();
    }

    // A zero-width space breaks what a CI host would read as its command, and shows nothing.
    private static string Harmless(string line)
    {
        var broken = line.Replace("##", "#\u200b#", StringComparison.Ordinal);
        return broken.TrimStart().StartsWith("::", StringComparison.Ordinal) ? broken.Replace("::", ":\u200b:", StringComparison.Ordinal) : broken;
    }

    private static int LongestRun(string text, char of)
    {
        var (longest, run) = (0, 0);
        foreach (var c in text)
        {
            run = c == of ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }

    /// <summary><c>850 ms</c>, <c>4.2 s</c>, <c>2 min 10 s</c>, <c>1 h 5 min</c>, <c>3 d 2 h</c>.</summary>
    public static string Time(double ms) => TimeSpan.FromMilliseconds(ms) switch
    {
        { TotalSeconds: < 1 } time => Text($"{time.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 1 } time => Text($"{time.TotalSeconds:0.0} s"),
        { TotalHours: < 1 } time => Text($"{(int)time.TotalMinutes} min {time.Seconds} s"),
        { TotalDays: < 1 } time => Text($"{(int)time.TotalHours} h {time.Minutes} min"),
        var time => Text($"{(int)time.TotalDays} d {time.Hours} h"),
    };

    /// <summary>A latency: <c>8.5 ms</c>, <c>1.20 s</c>.</summary>
    public static string Latency(double ms) => ms < 1000 ? Text($"{ms:0.#} ms") : Text($"{ms / 1000:0.00} s");

    public static string Share(double share) => Text($"{share * 100:0.##} %");

    public static string Count(int n, string one, string many) => Text($"{n:#,0} {(n == 1 ? one : many)}");

    internal static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
