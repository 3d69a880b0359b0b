using SafeDeploy.Risk.Schema;

namespace SafeDeploy.Risk.Effects;

/// <summary>What a change of type most often means where the old type was never seen; only for judging text without any history.</summary>
/// <remarks>With a schema, a snapshot or the earlier files the old type is known, and nothing here is asked.</remarks>
internal static class UsualTypes
{
    // A length that people raise a column to; a shorter one is more often a narrowing.
    private const int Roomy = 128;
    private const int RoomyDigits = 12;

    private static readonly string[] NotText =
    [
        "id", "uuid", "guid", "count", "age", "qty", "quantity", "amount", "price", "total", "balance", "score", "rank", "position", "number",
        "at", "on", "date", "time", "ip", "json", "meta", "metadata", "settings", "payload", "enabled", "active", "tags",
    ];

    private static readonly string[] Checked =
        ["positive", "nonneg", "unsigned", "email", "url", "domain", "dom", "percent", "percentage", "pct", "postal", "zip", "phone", "ratio"];

    // Without USING the server takes only a type that is assigned to the new one (pg_cast.castcontext): to these that is
    // one which shares its bytes, since text would need USING.
    private static readonly string[] ReachedFromTheirLikeOnly = ["inet", "varbit", "oid"];

    private static readonly string[] Listed = ["status", "state", "type", "kind", "role", "enum", "level"];

    /// <param name="hasUsing">An expression says how the values are made.</param>
    public static TypeChange Guess(string column, SqlType to, SchemaState schema, bool hasUsing) => to.Name switch
    {
        _ when to.IsArray => new(true, false, true, false),
        _ when !hasUsing && to.Length is null && ReachedFromTheirLikeOnly.Contains(to.Name) => new(false, false, false, false),
        "varchar" when to.Length < Roomy => new(true, true, true, false),
        // Whoever gives an identifier a length had it as text before.
        "varchar" when to.Length is not null && Words(column) is [.., "id"] => new(false, false, false, false),
        "varchar" or "text" => HoldsText(column) ? new(false, false, false, false) : new(true, false, true, false),
        "citext" => new(false, false, true, false),
        "numeric" when to.Length is null => IsMoney(column) ? new(false, false, false, false) : new(true, false, true, false),
        "numeric" => Numeric(to),
        "int2" or "date" or "float4" or "time" => new(true, true, true, false),
        "timestamptz" or "timestamp" when to.Length is not null => new(true, true, true, false),
        "timestamptz" or "timestamp" => new(schema.TimeZoneIsUtc is not true, false, false, schema.TimeZoneIsUtc is null),
        _ => new(true, false, false, false),
    };

    // Money with two places gets more digits; another scale means that the rows are written anew.
    private static TypeChange Numeric(SqlType to)
    {
        var inPlace = to.Scale == 2 && to.Length >= RoomyDigits;
        return new(!inPlace, to.Length - to.Scale < RoomyDigits - 2, !inPlace, false);
    }

    private static bool IsMoney(string column) => Words(column).Any(w => w is "amount" or "price" or "total" or "balance" or "cost" or "fee" or "rate" or "tax");

    private static bool HoldsText(string column) => !Words(column).TakeLast(1).Any(w => NotText.Contains(w)) && !Words(column).Take(1).Any(w => w is "is" or "has");

    /// <summary>A type of the user's own whose name says that its values are checked: a domain, and not a list of values.</summary>
    public static bool SoundsChecked(SqlType type)
    {
        var words = Words(type.Name);
        return !type.IsArray && words.Any(w => Checked.Contains(w)) && !words.Any(w => Listed.Contains(w));
    }

    // snake_case and camelCase.
    private static string[] Words(string name) =>
        string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) && char.IsLower(name[i - 1]) ? $"_{c}" : $"{c}"))
            .ToLowerInvariant().Split('_', StringSplitOptions.RemoveEmptyEntries);
}
