using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Schema;

/// <summary>A type by its catalogue name with its modifiers.</summary>
/// <param name="Schema">Null for built-in and unqualified names.</param>
public sealed record SqlType(string? Schema, string Name, int? Length, int? Scale, bool IsArray)
{
    public static readonly SqlType Unknown = new(null, "?", null, null, false);

    public bool IsUnknown => Name == "?";

    /// <summary>The same type, one of them perhaps written without its schema.</summary>
    public bool IsSameAs(SqlType other) => this == other with { Schema = Schema } && (Schema is null || other.Schema is null || Schema == other.Schema);

    /// <summary>smallserial, serial, bigserial: an integer with a sequence as default.</summary>
    public bool IsSerial => Name is "serial" or "bigserial" or "smallserial" or "serial2" or "serial4" or "serial8";

    public SqlType WithoutSerial() => Name switch
    {
        "serial" or "serial4" => this with { Name = "int4" },
        "bigserial" or "serial8" => this with { Name = "int8" },
        "smallserial" or "serial2" => this with { Name = "int2" },
        _ => this,
    };

    public static SqlType Of(SqlNode? typeName)
    {
        if (typeName is not { } node)
            return Unknown;
        var names = node.Names("names");
        if (names.Count == 0)
            return Unknown;
        var schema = names.Count > 1 && names[0] != "pg_catalog" ? names[^2] : null;
        var mods = node.List("typmods").Select(m => m.Node("ival")?.Number("ival")).ToArray();
        if (names[^1] == "interval")
            mods = [Precision(mods)];
        return new SqlType(
            schema,
            names[^1],
            mods.ElementAtOrDefault(0),
            mods.Length > 0 && names[^1] == "numeric" ? mods.ElementAtOrDefault(1) ?? 0 : null,
            node.Has("arrayBounds"));
    }

    // timestamp.h: the fields of an interval as bits, seconds are the thirteenth; then its precision.
    private static int? Precision(int?[] mods) => mods switch
    {
        [] => null,
        [_, var digits, ..] => digits,
        [var fields] => (fields & (1 << 12)) != 0 ? null : 0,
    };

    public override string ToString()
    {
        var mods = Length is null ? "" : Scale is null ? $"({Length})" : $"({Length},{Scale})";
        return $"{(Schema is null ? "" : Schema + ".")}{Name}{mods}{(IsArray ? "[]" : "")}";
    }
}
