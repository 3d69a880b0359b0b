namespace SafeDeploy.Risk.Sql;

/// <summary>Cuts a script into statements the way the server reads it, whether or not they parse.</summary>
public static class SqlSplitter
{
    public static IReadOnlyList<SqlStatement> Split(string sql)
    {
        var scanner = new SqlScanner(sql);
        var statements = new List<SqlStatement>();
        var place = new Place(sql);
        var open = new OpenStatement(scanner);
        while (scanner.Next() is { } token)
        {
            if (token.Kind == SqlTokenKind.Symbol && scanner.First(token) == ';' && !open.HoldsSemicolons)
            {
                Close(sql, open, place, statements, null);
                open = new OpenStatement(scanner);
            }
            else
                open.Add(token);
        }

        if (open.IsEmpty && scanner.Error is { } error)
            open.Add(new SqlToken(SqlTokenKind.Symbol, error.Offset, sql.Length));
        Close(sql, open, place, statements, scanner.Error);
        return statements;
    }

    private static void Close(string sql, OpenStatement open, Place place, List<SqlStatement> statements, SqlError? error)
    {
        if (open.IsEmpty)
            return;
        var (line, column) = place.Of(open.Start);
        statements.Add(new SqlStatement(sql[open.Start..open.End], open.Start, line, column, error));
    }

    /// <summary>Knows the two statements that may hold semicolons: a rule's list of actions and a BEGIN ATOMIC body.</summary>
    private sealed class OpenStatement(SqlScanner scanner)
    {
        private int _words;
        private bool _create;
        private bool _rule;
        private bool _routine;
        private bool _begin;
        private int _bodies;
        private int _parentheses;

        public int Start { get; private set; } = -1;

        public int End { get; private set; }

        public bool IsEmpty => Start < 0;

        public bool HoldsSemicolons => _bodies > 0 || (_rule && _parentheses > 0);

        public void Add(SqlToken token)
        {
            if (IsEmpty)
                Start = token.Start;
            End = token.End;
            if (token.Kind == SqlTokenKind.Symbol)
                Count(scanner.First(token));
            else if (token.Kind == SqlTokenKind.Word)
                Read(token);
        }

        private void Count(char symbol) => _parentheses += symbol switch
        {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };

        private void Read(SqlToken word)
        {
            _words++;
            if (_words == 1)
                _create = scanner.Is(word, "create");
            else if (_create && _words <= 4)
            {
                _rule |= scanner.Is(word, "rule");
                _routine |= scanner.Is(word, "function") || scanner.Is(word, "procedure");
            }

            if (_routine)
                ReadBody(word);
        }

        private void ReadBody(SqlToken word)
        {
            if (_bodies == 0)
                _bodies = _begin && scanner.Is(word, "atomic") ? 1 : 0;
            else if (scanner.Is(word, "case"))
                _bodies++;
            else if (scanner.Is(word, "end"))
                _bodies--;
            _begin = scanner.Is(word, "begin");
        }
    }

    /// <summary>Line and column of growing offsets, counted once.</summary>
    private sealed class Place(string sql)
    {
        private int _line = 1;
        private int _lineStart;
        private int _seen;

        public (int Line, int Column) Of(int offset)
        {
            for (; _seen < offset; _seen++)
            {
                if (sql[_seen] == '\n' || (sql[_seen] == '\r' && (_seen + 1 >= sql.Length || sql[_seen + 1] != '\n')))
                {
                    _line++;
                    _lineStart = _seen + 1;
                }
            }

            return (_line, offset - _lineStart + 1);
        }
    }
}
