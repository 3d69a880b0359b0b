using System.Text.Json;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Databases.PgQuery;

/// <summary>Reads libpg_query's JSON, straight from its own memory, into a tree of nodes.</summary>
internal static class ParseTreeReader
{
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    public static SqlNode? Read(ReadOnlySpan<byte> json, NameTable names)
    {
        var reader = new Utf8JsonReader(json, AnyDepth);
        var tree = new SqlTreeBuilder();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    tree.Name(names.Of(reader.ValueSpan));
                    break;
                case JsonTokenType.String:
                    tree.Text(IsConstant(reader.ValueSpan) ? names.Of(reader.ValueSpan) : reader.GetString()!);
                    break;
                case JsonTokenType.Number:
                    tree.Number(reader.TryGetInt32(out var number) ? number : 0);
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    tree.Number(reader.TokenType == JsonTokenType.True ? 1 : 0);
                    break;
                case JsonTokenType.StartObject:
                    tree.OpenObject();
                    break;
                case JsonTokenType.EndObject:
                    tree.CloseObject();
                    break;
                case JsonTokenType.StartArray:
                    tree.OpenList();
                    break;
                case JsonTokenType.EndArray:
                    tree.CloseList();
                    break;
            }
        }

        return tree.Root();
    }

    // The grammar's own words are written in capitals: AT_AddColumn, SETOP_NONE.
    private static bool IsConstant(ReadOnlySpan<byte> text) => text.Length > 3 && char.IsAsciiLetterUpper((char)text[0]) && char.IsAsciiLetterUpper((char)text[1]) && !text.Contains((byte)'\\');
}
