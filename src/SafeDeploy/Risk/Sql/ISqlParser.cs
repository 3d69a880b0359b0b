namespace SafeDeploy.Risk.Sql;

/// <summary>Reads SQL with PostgreSQL's own grammar; safe to call from many threads, never throws on bad SQL.</summary>
public interface ISqlParser
{
    /// <summary>The statements of a script in order, empty ones left out; splits also what does not parse.</summary>
    /// <remarks>
    /// An unterminated quote or comment swallows the rest of the script, as it does on the server: the last statement
    /// then carries the error with its position.
    /// </remarks>
    IReadOnlyList<SqlStatement> Split(string sql);

    /// <summary>The parse tree of one statement, or why it is not one.</summary>
    SqlParseResult Parse(string statement);
}

/// <summary>One statement of a script, without its semicolon and the blanks and comments around it.</summary>
/// <param name="Offset">Index of the first character in the script.</param>
/// <param name="Line">1-based line of the first token.</param>
/// <param name="Column">1-based column of the first token, in characters.</param>
/// <param name="Error">Why it can not be read to its end, with an offset in the script; null for what is whole.</param>
public sealed record SqlStatement(string Text, int Offset, int Line, int Column, SqlError? Error = null)
{
    public static SqlStatement Alone(string text) => new(text, 0, 1, 1);
}

/// <summary>Why a text is not SQL, as the grammar says it.</summary>
/// <param name="Offset">0-based index of the character where reading stopped.</param>
public sealed record SqlError(string Message, int Offset);

/// <summary>Either a tree or an error.</summary>
public sealed record SqlParseResult
{
    private SqlParseResult() { }

    /// <summary>The statement's node; null when it does not parse or when the text holds nothing but blanks.</summary>
    public SqlNode? Tree { get; private init; }

    public SqlError? Error { get; private init; }

    /// <summary>It does not parse, but has words of a grammar newer than the parser's: only a server knows.</summary>
    public bool MayBeNewer { get; private init; }

    public static readonly SqlParseResult Empty = new();

    /// <summary>What went wrong stays known; the tree, by far the largest part of what is remembered of a statement, does not.</summary>
    public SqlParseResult WithoutTree() => Tree is null ? this : Empty;

    public static SqlParseResult Of(SqlNode statement) => new() { Tree = statement };

    public static SqlParseResult Failed(string message, int offset, bool mayBeNewer = false) =>
        new() { Error = new SqlError(message, offset), MayBeNewer = mayBeNewer };
}
