using System.Runtime.InteropServices;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.PgQuery;

/// <summary>The two functions of libpg_query that are used, found once; no global state of our own.</summary>
internal sealed unsafe class PgQueryNative
{
    private static readonly string[] Names = ["libpg_query.so", "libpg_query.so.1504.0", "libpg_query.dylib", "pg_query.dll"];

    private readonly delegate* unmanaged[Cdecl]<byte*, ParseResult> _parse;
    private readonly delegate* unmanaged[Cdecl]<ParseResult, void> _free;

    private PgQueryNative(nint library)
    {
        _parse = (delegate* unmanaged[Cdecl]<byte*, ParseResult>)NativeLibrary.GetExport(library, "pg_query_parse");
        _free = (delegate* unmanaged[Cdecl]<ParseResult, void>)NativeLibrary.GetExport(library, "pg_query_free_parse_result");
    }

    /// <summary>Looks beside the program first, then where the system keeps libraries.</summary>
    public static PgQueryNative Load(string programFolder)
    {
        foreach (var name in Names.Select(n => Path.Combine(programFolder, n)).Concat(Names))
        {
            if (NativeLibrary.TryLoad(name, out var library))
                return new PgQueryNative(library);
        }

        throw new ProblemException(PgQueryProblems.LibraryIsMissing(programFolder));
    }

    public ParseResult Parse(byte* nulTerminated) => _parse(nulTerminated);

    public void Free(ParseResult result) => _free(result);

    /// <summary><c>PgQueryParseResult</c> of pg_query.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ParseResult
    {
        public byte* Tree;
        public byte* Standard;
        public ParseError* Error;
    }

    /// <summary><c>PgQueryError</c> of pg_query.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ParseError
    {
        public byte* Message;
        public byte* Function;
        public byte* File;
        public int Line;
        public int Cursor;
        public byte* Context;
    }
}
