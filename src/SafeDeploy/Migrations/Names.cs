using System.Text;

namespace SafeDeploy.Migrations;

/// <summary>An identifier that may stand in SQL: 1 to 63 bytes of UTF-8, no NUL; always written quoted.</summary>
/// <remarks>Limits: PostgreSQL manual, sql-syntax-lexical "Identifiers and Key Words" (NAMEDATALEN 64).</remarks>
public sealed record QuotedName
{
    private QuotedName(string value) => Value = value;

    /// <summary>The bare name, for messages and parameters; never for SQL text.</summary>
    public string Value { get; }

    /// <summary>The name as it stands in SQL, in double quotes with inner quotes doubled.</summary>
    public string Sql => $"\"{Value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Null when the text can not be an identifier; <paramref name="why"/> then says why.</summary>
    public static QuotedName? TryParse(string text, out string why)
    {
        why = Reason(text);
        return why.Length == 0 ? new QuotedName(text) : null;
    }

    private static string Reason(string text)
    {
        if (text.Length == 0)
            return "it is empty";
        if (text.Contains('\0', StringComparison.Ordinal))
            return "it holds a NUL character";
        var bytes = Encoding.UTF8.GetByteCount(text);
        return bytes > 63 ? $"it has {bytes} bytes, PostgreSQL cuts names at 63" : "";
    }

    public override string ToString() => Sql;
}

/// <summary>A schema that holds one tenant: a name that is neither the server's, nor shared, nor ours.</summary>
public sealed record TenantSchema
{
    /// <summary>What a restored tenant was before keeps its rows in a schema that begins like this; it is nobody's tenant.</summary>
    public const string KeptPrefix = "safe_deploy_old_";

    private static readonly HashSet<string> Taken = ["public", "information_schema", "safe_deploy"];

    private TenantSchema(QuotedName name) => Name = name;

    public QuotedName Name { get; }

    public string Value => Name.Value;

    /// <summary>Null when the text can not be a tenant's schema; <paramref name="why"/> then says why.</summary>
    public static TenantSchema? TryParse(string text, out string why)
    {
        var name = QuotedName.TryParse(text, out why);
        if (name is null)
            return null;
        // pg_temp and pg_toast resolve to the session's own; the server reserves the whole prefix (sql-createschema).
        if (text.StartsWith("pg_", StringComparison.OrdinalIgnoreCase))
            why = "names that start with pg_ belong to the server";
        else if (text.StartsWith(KeptPrefix, StringComparison.Ordinal))
            why = $"names that start with {KeptPrefix} are what tenants were before a restore";
        else if (Taken.Contains(text))
            why = $"the schema \"{text}\" is not a tenant's";
        return why.Length == 0 ? new TenantSchema(name) : null;
    }

    public override string ToString() => Value;
}
