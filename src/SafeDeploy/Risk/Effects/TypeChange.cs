using System.Collections.Frozen;
using SafeDeploy.Risk.Schema;

namespace SafeDeploy.Risk.Effects;

/// <param name="Rewrites">Every row is written anew.</param>
/// <param name="Lossy">Values may be cut or refused.</param>
/// <param name="RebuildsIndexes">The indexes over the column are built anew though the table is not.</param>
/// <param name="ByTimeZone">Depends on the session's TimeZone.</param>
internal sealed record TypeChange(bool Rewrites, bool Lossy, bool RebuildsIndexes, bool ByTimeZone)
{
    public static readonly TypeChange InPlace = new(false, false, false, false);

    // Pairs that share their bytes on disk (pg_cast.castmethod 'b', and text's family).
    private static readonly FrozenSet<(string, string)> SameBytes = new[]
    {
        ("varchar", "text"), ("text", "varchar"), ("cidr", "inet"), ("xml", "text"), ("bit", "varbit"), ("varbit", "bit"),
        ("oid", "int4"), ("int4", "oid"), ("oid", "regclass"), ("regclass", "oid"), ("regclass", "int4"), ("citext", "text"), ("text", "citext"),
        ("citext", "varchar"), ("varchar", "citext"), ("xml", "varchar"),
    }.ToFrozenSet();

    private static readonly FrozenDictionary<string, int> Integers = new Dictionary<string, int> { ["int2"] = 2, ["int4"] = 4, ["int8"] = 8 }
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Old and new type where both are known; the usual case where the old one is not.</summary>
    /// <param name="column">Its name, for the usual case, and whether USING is written.</param>
    public static TypeChange Between((string Name, bool HasUsing) column, SqlType was, SqlType to, SchemaState schema)
    {
        var (old, domain) = (schema.DomainOf(was), schema.DomainOf(to));
        if (old is not null && old == domain)
            return InPlace;
        if (domain is not null && schema.IsConstrained(domain))
            return new(true, false, false, false);
        var root = schema.RootOf(to);
        return old is null ? Plain(column, was, root, schema) : FromDomain(column, schema.RootOf(was), root, schema);
    }

    private static TypeChange Plain((string Name, bool HasUsing) column, SqlType was, SqlType to, SchemaState schema)
    {
        if (was.IsUnknown)
            return UsualTypes.Guess(column.Name, to, schema, column.HasUsing);
        if (was.IsSameAs(to))
            return InPlace;
        if (was.IsArray || to.IsArray)
            return new(true, false, true, false);
        return Simple(was, to, schema);
    }

    // A domain hides its base type's length: going to a type that has one, every value is measured anew.
    private static TypeChange FromDomain((string Name, bool HasUsing) column, SqlType root, SqlType to, SchemaState schema)
    {
        var measured = Plain(column, root with { Length = null, Scale = null }, to, schema);
        return measured with { Lossy = measured.Lossy && Plain(column, root, to, schema).Lossy };
    }

    private static TypeChange Simple(SqlType was, SqlType to, SchemaState schema)
    {
        var pair = (was.Name, to.Name);
        if (pair is ("timestamp", "timestamptz") or ("timestamptz", "timestamp"))
            return new(schema.TimeZoneIsUtc is not true, false, true, schema.TimeZoneIsUtc is null);
        if (was.Name == to.Name)
            return Modifiers(was, to);
        if (SameBytes.Contains(pair))
        {
            var narrows = Narrows(was.Length, to.Length);
            var folds = to.Name == "citext" || was.Name == "citext";
            return new(narrows, narrows, folds || narrows, false);
        }

        return new(true, IsLossy(was, to), true, false);
    }

    private static TypeChange Modifiers(SqlType was, SqlType to)
    {
        var narrows = Narrows(was.Length, to.Length);
        return was.Name switch
        {
            "varchar" or "varbit" => new(narrows, narrows, narrows, false),
            "numeric" => Numeric(was, to),
            "timestamp" or "timestamptz" or "time" or "timetz" or "interval" => new(Narrows(was.Length ?? 6, to.Length ?? 6), narrows, narrows, false),
            _ => new(true, narrows, true, false),
        };
    }

    private static TypeChange Numeric(SqlType was, SqlType to)
    {
        if (to.Length is null || (was.Scale == to.Scale && was.Length <= to.Length))
            return InPlace;
        var lossy = was.Scale is null || to.Scale < was.Scale || to.Length - to.Scale < was.Length - was.Scale;
        return new(true, lossy, true, false);
    }

    private static bool Narrows(int? was, int? to) => to is not null && (was is null || was > to);

    private static bool IsLossy(SqlType was, SqlType to)
    {
        if (Integers.TryGetValue(was.Name, out var before) && Integers.TryGetValue(to.Name, out var after))
            return after < before;
        if (to.Name is "text" or "varchar" or "bpchar" or "citext")
            return to.Length is not null && was.Name is not ("int2" or "int4" or "bool" or "uuid");
        return (was.Name, to.Name) switch
        {
            (_, "numeric") => to.Length is not null && was.Name is "float4" or "float8",
            ("int2" or "int4", "float8") or ("float4", "float8") or ("json", "jsonb") or ("date", "timestamp" or "timestamptz") => false,
            ("timestamp" or "timestamptz", "date" or "time") or ("numeric" or "float8" or "float4", _) => true,
            ("int8", "float4" or "float8") or ("int4", "float4") => true,
            _ => false,
        };
    }
}
