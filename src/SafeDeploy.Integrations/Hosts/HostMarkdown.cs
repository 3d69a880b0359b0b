using System.Globalization;
using System.Text;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>Text of others inside Markdown, and Markdown inside a limit. Pure.</summary>
public static class HostMarkdown
{
    /// <summary>As text and nothing else: no table border, no HTML, no link, no mention, no second line.</summary>
    public static string Text(string text)
    {
        var safe = new StringBuilder(text.Length + 16);
        foreach (var c in text)
            safe.Append(c switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '|' or '`' or '*' or '_' or '[' or ']' or '\\' or '~' or '#' => string.Create(CultureInfo.InvariantCulture, $"&#{(int)c};"),
                // A joined mention or issue link would notify people.
                '@' => "@\u200b",
                _ when char.IsControl(c) => " ",
                _ => c.ToString(),
            });
        return safe.ToString().Trim();
    }

    /// <summary>The rows that fit; what is left out is counted. A row ends with a line feed.</summary>
    public static string Fit(string head, IReadOnlyList<string> rows, Func<int, string> more, string tail, int limit)
    {
        var room = limit - head.Length - tail.Length - more(rows.Count).Length;
        var taken = 0;
        var text = new StringBuilder(head);
        foreach (var row in rows)
        {
            if (row.Length > room)
                break;
            room -= row.Length;
            text.Append(row);
            taken++;
        }

        if (taken < rows.Count)
            text.Append(more(rows.Count - taken));
        return text.Append(tail).ToString();
    }

    /// <summary>A comment that will not fit even without rows.</summary>
    public static string Cut(string text, int limit) => text.Length <= limit ? text : string.Concat(text.AsSpan(0, limit - 2), "…\n");
}
