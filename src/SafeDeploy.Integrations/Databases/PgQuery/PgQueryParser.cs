using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Databases.PgQuery;

/// <summary>PostgreSQL 15's grammar through libpg_query; its state is one per thread, so that any thread may call.</summary>
public sealed partial class PgQueryParser : ISqlParser
{
    // Measured: one level of 1+1+1… takes under 1 KiB of C stack; 1.5 MiB is the smallest stack that a thread here has.
    private const int DepthForAnyThread = 600;
    // The grammar itself gives up at 10,000 open parentheses; reading the tree takes time that grows with depth squared.
    private const int DeepestAllowed = 10_000;
    private const int StackPerLevel = 2048;
    private const int StackAtLeast = 4 << 20;

    // What PostgreSQL 16 to 18 added to statements that migrations use.
    [GeneratedRegex(
        @"\b(VIRTUAL|ENFORCED|PERIOD|OVERLAPS|SPLIT|SYSTEM_USER|JSON_\w+|ANY_VALUE|RETURNING|INHERIT|STORAGE|EXPRESSION|LEVEL|EXCLUDE|IS\s+JSON|NOT\s+NULL|BY\s+SOURCE|FORCE_NULL)\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex NewerGrammar { get; }

    private readonly PgQueryNative _native;
    private readonly NameTable _names = new();

    private PgQueryParser(PgQueryNative native) => _native = native;

    /// <summary>Loads the library, from the program's folder before the system's; SD1001 when there is none.</summary>
    public static PgQueryParser Load() => Load(AppContext.BaseDirectory);

    public static PgQueryParser Load(string programFolder) => new(PgQueryNative.Load(programFolder));

    public IReadOnlyList<SqlStatement> Split(string sql) => SqlSplitter.Split(sql);

    public SqlParseResult Parse(string statement)
    {
        var nul = statement.IndexOf('\0', StringComparison.Ordinal);
        if (nul >= 0)
            return SqlParseResult.Failed("a NUL character can not stand in SQL", nul);
        var depth = SqlDepth.Bound(statement);
        return depth switch
        {
            <= DepthForAnyThread => ParseHere(statement),
            <= DeepestAllowed => ParseOnOwnStack(statement, depth),
            _ => SqlParseResult.Failed($"nested too deeply: up to {depth} levels, {DeepestAllowed} are read", 0),
        };
    }

    private SqlParseResult ParseOnOwnStack(string statement, int depth)
    {
        var result = SqlParseResult.Empty;
        var thread = new Thread(() => result = ParseHere(statement), Math.Max(StackAtLeast, depth * StackPerLevel));
        thread.Start();
        thread.Join();
        return result;
    }

    private unsafe SqlParseResult ParseHere(string statement)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(statement) + 1];
        Encoding.UTF8.GetBytes(statement, bytes);
        fixed (byte* text = bytes)
        {
            var result = _native.Parse(text);
            try
            {
                return result.Error is null ? Tree(result.Tree) : Error(result.Error, bytes);
            }
            finally
            {
                _native.Free(result);
            }
        }
    }

    private unsafe SqlParseResult Tree(byte* json)
    {
        var statements = ParseTreeReader.Read(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(json), _names)?.List("stmts") ?? [];
        return statements switch
        {
            [] => SqlParseResult.Empty,
            [var only] => only.Node("stmt") is { } tree ? SqlParseResult.Of(tree) : SqlParseResult.Empty,
            [_, var second, ..] => SqlParseResult.Failed("more than one statement", second.Number("stmt_location")),
        };
    }

    private static unsafe SqlParseResult Error(PgQueryNative.ParseError* error, byte[] statement)
    {
        var message = Marshal.PtrToStringUTF8((nint)error->Message) ?? "";
        // The cursor counts characters from 1 (0 = unknown) in PostgreSQL's sense, code points; ours counts UTF-16 units.
        var text = Encoding.UTF8.GetString(statement, 0, statement.Length - 1);
        return SqlParseResult.Failed(message, CharacterIndex(text, error->Cursor - 1), NewerGrammar.IsMatch(text));
    }

    private static int CharacterIndex(string text, int codePoints)
    {
        var index = 0;
        for (var i = 0; i < codePoints && index < text.Length; i++)
            index += char.IsHighSurrogate(text[index]) && index + 1 < text.Length ? 2 : 1;
        return index;
    }
}
