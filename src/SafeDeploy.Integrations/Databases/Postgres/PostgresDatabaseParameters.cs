using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>A query with <c>:name</c> written as <c>$n</c>, and the names in the order of their numbers.</summary>
/// <remarks>
/// Values are bound by the server, so nothing in them is SQL. Strings, quoted names, comments, dollar quotes, casts (<c>::</c>)
/// and assignments (<c>:=</c>) are left alone: PostgreSQL manual, sql-syntax-lexical.
/// </remarks>
public sealed record PostgresDatabaseParameters(string Sql, ImmutableArray<string> Names)
{
    public static PostgresDatabaseParameters Parse(string query)
    {
        var text = new StringBuilder(query.Length);
        var names = ImmutableArray.CreateBuilder<string>();
        for (var at = 0; at < query.Length;)
        {
            var end = EndOfOpaque(query, at);
            if (end > at)
            {
                text.Append(query, at, end - at);
                at = end;
                continue;
            }

            var name = NameAt(query, at);
            if (name.Length == 0)
            {
                text.Append(query[at++]);
                continue;
            }

            if (!names.Contains(name))
                names.Add(name);
            text.Append(CultureInfo.InvariantCulture, $"${names.IndexOf(name) + 1}");
            at += name.Length + 1;
        }

        return new PostgresDatabaseParameters(text.ToString(), names.ToImmutable());
    }

    /// <summary>Where the text that starts at <paramref name="at"/> and is not to be looked into ends; <paramref name="at"/> itself when there is none.</summary>
    private static int EndOfOpaque(string sql, int at) => sql[at] switch
    {
        '\'' => EndOfQuoted(sql, at, '\'', IsEscapeString(sql, at)),
        '"' => EndOfQuoted(sql, at, '"', false),
        '-' when At(sql, at + 1) == '-' => EndOfLine(sql, at),
        '/' when At(sql, at + 1) == '*' => EndOfComment(sql, at),
        '$' => EndOfDollarQuote(sql, at),
        ':' when At(sql, at + 1) is ':' or '=' => at + 2,
        _ => at,
    };

    private static char At(string sql, int at) => at >= 0 && at < sql.Length ? sql[at] : '\0';

    private static bool IsEscapeString(string sql, int quote) =>
        At(sql, quote - 1) is 'e' or 'E' && !IsNamePart(At(sql, quote - 2));

    private static int EndOfQuoted(string sql, int at, char quote, bool backslashes)
    {
        for (var i = at + 1; i < sql.Length; i++)
        {
            if (backslashes && sql[i] == '\\')
                i++;
            else if (sql[i] == quote && At(sql, i + 1) == quote)
                i++;
            else if (sql[i] == quote)
                return i + 1;
        }

        return sql.Length;
    }

    private static int EndOfLine(string sql, int at)
    {
        var end = sql.IndexOf('\n', at);
        return end < 0 ? sql.Length : end;
    }

    // Block comments nest in PostgreSQL.
    private static int EndOfComment(string sql, int at)
    {
        var depth = 0;
        for (var i = at; i < sql.Length - 1; i++)
        {
            var opens = sql[i] == '/' && sql[i + 1] == '*';
            var closes = sql[i] == '*' && sql[i + 1] == '/';
            if (!opens && !closes)
                continue;
            depth += opens ? 1 : -1;
            i++;
            if (depth == 0)
                return i + 1;
        }

        return sql.Length;
    }

    private static int EndOfDollarQuote(string sql, int at)
    {
        if (IsNamePart(At(sql, at - 1)))
            return at;
        var tagEnd = at + 1;
        while (IsNamePart(At(sql, tagEnd)))
            tagEnd++;
        if (At(sql, tagEnd) != '$' || char.IsAsciiDigit(At(sql, at + 1)))
            return at;
        var tag = sql[at..(tagEnd + 1)];
        var close = sql.IndexOf(tag, tagEnd + 1, StringComparison.Ordinal);
        return close < 0 ? sql.Length : close + tag.Length;
    }

    /// <summary>The name behind a colon, or empty. A slice (<c>a[1:n]</c>) is told apart by what stands before the colon.</summary>
    private static string NameAt(string sql, int at)
    {
        if (sql[at] != ':' || IsNamePart(At(sql, at - 1)) || !(char.IsAsciiLetter(At(sql, at + 1)) || At(sql, at + 1) == '_'))
            return "";
        var end = at + 1;
        while (char.IsAsciiLetterOrDigit(At(sql, end)) || At(sql, end) == '_')
            end++;
        return sql[(at + 1)..end];
    }

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c == '_' || c > 127;
}
