namespace SafeDeploy.Risk.Sql;

public enum SqlTokenKind
{
    Word,
    QuotedName,
    Text,
    Number,
    Symbol,
}

/// <summary>One token of a script; blanks and comments are not tokens.</summary>
public readonly record struct SqlToken(SqlTokenKind Kind, int Start, int End)
{
    public int Length => End - Start;
}

/// <summary>The lexical rules of PostgreSQL (manual: sql-syntax-lexical), as far as splitting and placeholders need them.</summary>
/// <remarks>
/// libpg_query's own splitter is not used: it leaves out a last statement without a keyword in it, cuts
/// <c>BEGIN ATOMIC</c> bodies and gives up on the whole script at an unterminated quote.
/// </remarks>
public sealed class SqlScanner(string sql)
{
    private int _at;

    /// <summary>Set when the script ended inside a quote or a comment.</summary>
    public SqlError? Error { get; private set; }

    /// <summary>The next token, or null at the end of the script.</summary>
    public SqlToken? Next()
    {
        SkipBlanks();
        if (_at >= sql.Length)
            return null;
        var start = _at;
        var kind = ReadToken();
        return new SqlToken(kind, start, _at);
    }

    /// <summary>Goes on reading at another place of the script.</summary>
    public void Seek(int at) => _at = at;

    public bool Is(SqlToken token, string word) =>
        token.Kind == SqlTokenKind.Word && token.Length == word.Length
        && sql.AsSpan(token.Start, token.Length).Equals(word, StringComparison.OrdinalIgnoreCase);

    public char First(SqlToken token) => sql[token.Start];

    private char Peek(int ahead = 0) => _at + ahead < sql.Length ? sql[_at + ahead] : '\0';

    private void SkipBlanks()
    {
        while (_at < sql.Length)
        {
            if (IsBlank(sql[_at]))
                _at++;
            else if (Peek() == '-' && Peek(1) == '-')
                SkipLine();
            else if (Peek() == '/' && Peek(1) == '*')
                SkipComment();
            else
                return;
        }
    }

    // A byte order mark is no blank to the server, but every editor's; NUL can not reach the parser at all.
    private static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f' or '\v' or '\uFEFF' or '\0';

    private void SkipLine()
    {
        var end = sql.AsSpan(_at).IndexOfAny('\n', '\r');
        _at = end < 0 ? sql.Length : _at + end;
    }

    private void SkipComment()
    {
        var start = _at;
        var depth = 0;
        do
        {
            var step = (Peek(), Peek(1)) switch
            {
                ('/', '*') => 1,
                ('*', '/') => -1,
                _ => 0,
            };
            depth += step;
            _at += step == 0 ? 1 : 2;
        }
        while (depth > 0 && _at < sql.Length);
        if (depth > 0)
            Unterminated("comment", start);
        _at = Math.Min(_at, sql.Length);
    }

    private SqlTokenKind ReadToken()
    {
        var c = Peek();
        if (c == '\'')
            return ReadText(_at, escapes: false);
        if (c == '"')
            return ReadQuotedName();
        if (c == '$' && ReadDollarQuote())
            return SqlTokenKind.Text;
        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Peek(1))))
            return ReadNumber();
        return IsWordStart(c) ? ReadWord() : ReadSymbol();
    }

    private SqlTokenKind ReadText(int start, bool escapes)
    {
        _at++;
        while (_at < sql.Length)
        {
            var c = sql[_at];
            if (escapes && c == '\\')
                _at += 2;
            else if (c == '\'' && Peek(1) == '\'')
                _at += 2;
            else if (c == '\'')
            {
                _at++;
                return SqlTokenKind.Text;
            }
            else
                _at++;
        }

        Unterminated("quoted string", start);
        return SqlTokenKind.Text;
    }

    private SqlTokenKind ReadQuotedName()
    {
        var start = _at++;
        while (_at < sql.Length)
        {
            if (sql[_at] != '"')
                _at++;
            else if (Peek(1) == '"')
                _at += 2;
            else
            {
                _at++;
                return SqlTokenKind.QuotedName;
            }
        }

        Unterminated("quoted identifier", start);
        return SqlTokenKind.QuotedName;
    }

    private bool ReadDollarQuote()
    {
        var end = _at + 1;
        while (end < sql.Length && (IsWordStart(sql[end]) || (end > _at + 1 && char.IsAsciiDigit(sql[end]))))
            end++;
        if (end >= sql.Length || sql[end] != '$')
            return false;
        var start = _at;
        var tag = sql.AsSpan(start, end + 1 - start);
        var close = sql.AsSpan(end + 1).IndexOf(tag, StringComparison.Ordinal);
        _at = close < 0 ? sql.Length : end + 1 + close + tag.Length;
        if (close < 0)
            Unterminated("dollar-quoted string", start);
        return true;
    }

    private SqlTokenKind ReadNumber()
    {
        while (_at < sql.Length && (char.IsAsciiLetterOrDigit(sql[_at]) || sql[_at] is '.' or '_'))
            _at++;
        return SqlTokenKind.Number;
    }

    private SqlTokenKind ReadWord()
    {
        var start = _at;
        while (_at < sql.Length && (IsWordStart(sql[_at]) || char.IsAsciiDigit(sql[_at]) || sql[_at] == '$'))
            _at++;
        if (Peek() != '\'' || _at - start != 1)
            return SqlTokenKind.Word;
        return sql[start] is 'e' or 'E' or 'b' or 'B' or 'x' or 'X' or 'n' or 'N'
            ? ReadText(start, escapes: sql[start] is 'e' or 'E')
            : SqlTokenKind.Word;
    }

    private SqlTokenKind ReadSymbol()
    {
        _at++;
        return SqlTokenKind.Symbol;
    }

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_' || (c >= '\u0080' && c != '\uFEFF');

    private void Unterminated(string what, int start)
    {
        _at = sql.Length;
        Error = new SqlError($"unterminated {what}", start);
    }
}
