using System.Text.RegularExpressions;
using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

/// <summary>Safe rewrites as SQL that can be pasted.</summary>
internal static partial class Remedies
{
    /// <summary>The name as SQL needs it: quoted only where it must be.</summary>
    public static string Quote(string name) => PlainName().IsMatch(name) ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    [GeneratedRegex("^[a-z_][a-z0-9_]*$")]
    private static partial Regex PlainName();

    [GeneratedRegex(@"\bINDEX\b|\bREINDEX\s+(TABLE|SCHEMA|DATABASE)\b|\bMATERIALIZED\s+VIEW\b", RegexOptions.IgnoreCase)]
    private static partial Regex BeforeConcurrently();

    /// <summary>The same statement with CONCURRENTLY in its place.</summary>
    public static string Concurrently(string sql) => ConcurrentlyAlone(sql) + " -- in a migration of its own, outside a transaction";

    public static string ConcurrentlyAlone(string sql) =>
        BeforeConcurrently().Replace(sql.TrimEnd(';', ' ', '\n'), m => m.Value + " CONCURRENTLY", 1) + ";";

    /// <summary>The same statement with NOT VALID, and the proof as the next migration.</summary>
    public static string NotValid(string sql, Act act) =>
        $"{sql.TrimEnd(';', ' ', '\n')} NOT VALID;\n-- in the next migration:\nALTER TABLE {act.Table} VALIDATE CONSTRAINT {Quote(act.Object)};";

    /// <summary>SET NOT NULL through a CHECK that is proved without locking anybody out.</summary>
    public static string NotNull(Act act)
    {
        var check = Quote($"{act.Table.Name}_{act.Object}_not_null");
        return $"""
            ALTER TABLE {act.Table} ADD CONSTRAINT {check} CHECK ({Quote(act.Object)} IS NOT NULL) NOT VALID;
            -- in the next migration:
            ALTER TABLE {act.Table} VALIDATE CONSTRAINT {check};
            ALTER TABLE {act.Table} ALTER COLUMN {Quote(act.Object)} SET NOT NULL;
            ALTER TABLE {act.Table} DROP CONSTRAINT {check};
            """;
    }
}
