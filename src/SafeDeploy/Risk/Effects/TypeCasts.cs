using System.Collections.Frozen;
using SafeDeploy.Risk.Schema;

namespace SafeDeploy.Risk.Effects;

/// <summary>Which type a column becomes without USING: the casts that an assignment may use.</summary>
/// <remarks>Source: pg_cast of PostgreSQL 15 where castcontext is a or i; to strings every type is written out (find_coercion_pathway).</remarks>
internal static class TypeCasts
{
    private static readonly FrozenSet<string> Strings = new[] { "text", "varchar", "bpchar", "name" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string[]> Assigned = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["bit"] = ["varbit"],
        ["varbit"] = ["bit"],
        ["bool"] = [],
        ["bytea"] = [],
        ["cidr"] = ["inet"],
        ["inet"] = ["cidr"],
        ["date"] = ["timestamp", "timestamptz"],
        ["float4"] = ["int2", "int4", "int8", "numeric", "float8"],
        ["float8"] = ["int2", "int4", "int8", "numeric", "float4"],
        ["int2"] = ["int4", "int8", "numeric", "float4", "float8", "oid"],
        ["int4"] = ["int2", "int8", "numeric", "float4", "float8", "oid", "money"],
        ["int8"] = ["int2", "int4", "numeric", "float4", "float8", "oid", "money"],
        ["numeric"] = ["int2", "int4", "int8", "float4", "float8", "money"],
        ["oid"] = ["int4", "int8"],
        ["money"] = ["numeric"],
        ["interval"] = ["time"],
        ["time"] = ["interval", "timetz"],
        ["timetz"] = ["time"],
        ["timestamp"] = ["date", "time", "timestamptz"],
        ["timestamptz"] = ["date", "time", "timetz", "timestamp"],
        ["json"] = ["jsonb"],
        ["jsonb"] = ["json"],
        ["macaddr"] = ["macaddr8"],
        ["macaddr8"] = ["macaddr"],
        ["xml"] = [],
        ["uuid"] = [],
        ["tsvector"] = [],
        ["tsquery"] = [],
        ["int4range"] = [],
        ["int8range"] = [],
        ["numrange"] = [],
        ["tsrange"] = [],
        ["tstzrange"] = [],
        ["daterange"] = [],
        ["text"] = [],
        ["varchar"] = [],
        ["bpchar"] = [],
        ["name"] = [],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static bool IsBuiltIn(SqlType type) => type.Schema is null && Assigned.ContainsKey(type.Name);

    /// <summary>Null where one of the types is not known well enough.</summary>
    public static bool? IsAutomatic(SqlType was, SqlType to, SchemaState schema)
    {
        (was, to) = (schema.RootOf(was), schema.RootOf(to));
        if (was.IsArray && to.IsArray)
            (was, to) = (schema.RootOf(was with { IsArray = false }), schema.RootOf(to with { IsArray = false }));
        if (was.Name == to.Name && was.IsArray == to.IsArray)
            return true;
        if (!IsKnown(was, schema) || !IsKnown(to, schema))
            return null;
        return !to.IsArray && (Strings.Contains(to.Name) || IsAssigned(was, to));
    }

    private static readonly string[][] Families =
    [
        ["int2", "int4", "int8", "numeric", "float4", "float8", "oid"], ["text", "varchar", "bpchar", "name"], ["date", "timestamp", "timestamptz"],
        ["inet", "cidr"], ["bit", "varbit"], ["time", "timetz", "interval"], ["macaddr", "macaddr8"],
    ];

    /// <summary>There is an = between them; null where one is not known well enough.</summary>
    public static bool? AreComparable(SqlType one, SqlType other, SchemaState schema)
    {
        var (a, b) = (Plain(one, schema), Plain(other, schema));
        if (!IsKnown(a, schema) || !IsKnown(b, schema))
            return null;
        return a.IsArray == b.IsArray && (a.Name == b.Name || Array.Exists(Families, f => f.Contains(a.Name) && f.Contains(b.Name)));
    }

    private static SqlType Plain(SqlType type, SchemaState schema) =>
        type.IsSerial ? type.WithoutSerial() : schema.RootOf(type);

    private static bool IsAssigned(SqlType was, SqlType to) => !was.IsArray && Assigned.TryGetValue(was.Name, out var reached) && reached.Contains(to.Name);

    private static bool IsKnown(SqlType type, SchemaState schema) =>
        schema.EnumOf(type with { IsArray = false }) is not null || IsBuiltIn(type);
}
