using System.Buffers;
using System.Text.RegularExpressions;

namespace SafeDeploy.Risk.Sql;

/// <summary>Makes the SQL of a migration file readable for the grammar, character for character of the same length.</summary>
/// <remarks>Only for judging: what is sent to a server is always the file's own text.</remarks>
public static partial class SqlText
{
    /// <summary>Blanks what is not SQL (psql's commands, COPY data, a rollback section) and turns placeholders into names.</summary>
    public static string Readable(string text)
    {
        var masked = new string(text).ToCharArray();
        BlankRollbackSection(text, masked);
        BlankClientLines(masked);
        ReplacePlaceholders(masked, inText: false);
        return new string(masked);
    }

    /// <summary>The text with a name in the place of every placeholder, in strings too, so that a scratch server can run it.</summary>
    public static string Filled(string text)
    {
        var filled = text.ToCharArray();
        ReplacePlaceholders(filled, inText: true);
        return new string(filled);
    }

    /// <summary>The names, as the catalogue would have them, of placeholders that stand for a schema: before a dot, or after SCHEMA.</summary>
    public static IEnumerable<string> SchemaPlaceholders(string text)
    {
        if (text.AsSpan().IndexOfAny(Openings) < 0)
            yield break;
        var filled = Filled(text);
        foreach (Match match in Placeholder().Matches(text))
        {
            var (start, end) = match.Length > 1 ? (match.Index, match.Index + match.Length) : Variable(filled, match.Index + 1);
            var isQuoted = start > 0 && filled[start - 1] == '"' && end < filled.Length && filled[end] == '"';
            var after = isQuoted ? end + 1 : end;
            var before = filled.AsSpan(0, isQuoted ? start - 1 : start).TrimEnd();
            if (text.AsSpan(match.Index, 1) is ":" && filled[match.Index] == ':')
                continue;
            if ((after < filled.Length && filled[after] == '.') || before.EndsWith("schema", StringComparison.OrdinalIgnoreCase))
                yield return isQuoted ? filled[start..end] : filled[start..end].ToLowerInvariant();
        }
    }

    private static (int Start, int End) Variable(string text, int start)
    {
        start += start < text.Length && text[start] == '"' ? 1 : 0;
        var end = start;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        return (start, end);
    }

    [GeneratedRegex(@"^[ \t]*--[ \t]*(migrate:down|\+goose[ \t]+Down)\b", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex RollbackMark();

    [GeneratedRegex(@"^[ \t]*--[ \t]*(migrate:up|\+goose[ \t]+Up)\b", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex ForwardMark();

    private static void BlankRollbackSection(string text, char[] masked)
    {
        if (RollbackMark().Match(text) is not { Success: true } down)
            return;
        var up = ForwardMark().Match(text, down.Index);
        var end = up.Success ? up.Index : text.Length;
        Blank(masked, down.Index, end);
    }

    // Between statements psql reads its own commands; rows follow COPY … FROM stdin up to a line with \.
    private static void BlankClientLines(char[] masked)
    {
        if (Array.IndexOf(masked, '\\') < 0)
            return;
        var text = new string(masked);
        var scanner = new SqlScanner(text);
        var (start, end) = (-1, 0);
        while (scanner.Next() is { } token)
        {
            var first = scanner.First(token);
            if (start < 0 && first == '\\')
                end = BlankLine(masked, token.Start);
            else if (first == ';' && token.Kind == SqlTokenKind.Symbol)
            {
                end = start >= 0 && IsCopyFromStdin(text[start..token.Start]) ? BlankRows(text, masked, token.End) : token.End;
                start = -1;
            }
            else
            {
                start = start < 0 ? token.Start : start;
                continue;
            }

            scanner.Seek(end);
        }
    }

    [GeneratedRegex(@"^COPY\s.*\sFROM\s+STDIN\b", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex CopyFromStdin();

    private static bool IsCopyFromStdin(string statement) => CopyFromStdin().IsMatch(statement);

    private static int BlankLine(char[] masked, int start)
    {
        var end = Array.IndexOf(masked, '\n', start);
        Blank(masked, start, end < 0 ? masked.Length : end);
        return end < 0 ? masked.Length : end;
    }

    private static int BlankRows(string text, char[] masked, int start)
    {
        var mark = text.IndexOf("\n\\.", start, StringComparison.Ordinal);
        var end = mark < 0 ? text.Length : mark + 3;
        Blank(masked, start, end);
        return end;
    }

    private static void Blank(char[] masked, int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            if (masked[i] is not ('\n' or '\r'))
                masked[i] = ' ';
        }
    }

    // {{schema}}  {{ index .Options "Namespace" }}  ${tenant}  %(schema)s  #{schema}  <%= schema %>  :schema  :"schema"
    [GeneratedRegex(@"\{\{[^{}\n]*\}\}|[$#]\{[^{}\n]*\}|%\([A-Za-z_]\w*\)s|<%=?[^%\n]*%>|(?<![:\w\])'""]):(?=""?[A-Za-z_])|@@[A-Za-z_]\w*@@")]
    private static partial Regex Placeholder();

    private static readonly SearchValues<char> Openings = SearchValues.Create("{$#%<:@");

    private static void ReplacePlaceholders(char[] masked, bool inText)
    {
        if (masked.AsSpan().IndexOfAny(Openings) < 0)
            return;
        var text = new string(masked);
        var line = new LineState(text);
        foreach (Match match in Placeholder().Matches(text))
        {
            line.Advance(match.Index);
            if (line.IsInText && !(inText && match.Length > 1))
                continue;
            if (match.Length > 1)
                Name(masked, match);
            // a[1:n] is a slice; everywhere else a lone colon before a name is psql's variable.
            else if (!line.IsInBrackets && !line.IsComment)
                masked[match.Index] = ' ';
        }
    }

    private static void Name(char[] masked, Match match)
    {
        for (var i = match.Index; i < match.Index + match.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(masked[i]))
                masked[i] = '_';
        }
    }

    /// <summary>What stands before a place in its line; good enough, since a value that looks like a placeholder stays a value.</summary>
    private sealed class LineState(string text)
    {
        private int _at;
        private int _quotes;
        private int _brackets;

        public bool IsInText => _quotes % 2 == 1;

        public bool IsInBrackets => _brackets > 0;

        public bool IsComment { get; private set; }

        /// <summary>Reads on to a later place; each character is read once, however long the line is.</summary>
        public void Advance(int to)
        {
            for (; _at < to; _at++)
            {
                switch (text[_at])
                {
                    case '\n':
                        (_quotes, _brackets, IsComment) = (0, 0, false);
                        break;
                    case '\'':
                        _quotes++;
                        break;
                    case '[':
                        _brackets++;
                        break;
                    case ']':
                        _brackets--;
                        break;
                    case '-' when _at + 1 < text.Length && text[_at + 1] == '-':
                        IsComment = true;
                        break;
                }
            }
        }
    }
}
