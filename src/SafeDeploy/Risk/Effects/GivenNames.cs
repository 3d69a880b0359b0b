using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>The names that the server gives to what a statement leaves unnamed (ChooseIndexName, ChooseConstraintName).</summary>
internal static class GivenNames
{
    private const int Longest = 63;

    public static string Constraint(Relation table, ConstraintKind kind, IEnumerable<string> columns)
    {
        var parts = kind == ConstraintKind.PrimaryKey ? [] : columns.ToArray();
        var suffix = kind switch
        {
            ConstraintKind.PrimaryKey => "pkey",
            ConstraintKind.Unique => "key",
            ConstraintKind.Exclusion => "excl",
            ConstraintKind.ForeignKey => "fkey",
            _ => "check",
        };
        return Free(Join(table.Key.Name, parts, suffix), n => table.Constraint(n) is null);
    }

    public static string Index(Relation table, IEnumerable<string> columns, SchemaState schema) =>
        Free(Join(table.Key.Name, columns, "idx"), n => schema.Find(new RelationName(table.Key.Schema, n)) is null);

    private static string Join(string table, IEnumerable<string> columns, string suffix)
    {
        var middle = string.Join('_', columns);
        // makeObjectName cuts the longer of the two until the whole fits.
        while (table.Length + middle.Length + suffix.Length + (middle.Length > 0 ? 2 : 1) > Longest)
        {
            if (table.Length > middle.Length)
                table = table[..^1];
            else
                middle = middle[..^1];
        }

        return middle.Length > 0 ? $"{table}_{middle}_{suffix}" : $"{table}_{suffix}";
    }

    private static string Free(string name, Func<string, bool> isFree)
    {
        var free = name;
        for (var i = 1; !isFree(free); i++)
            free = name + i.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return free;
    }

    public static RelationName Of(IReadOnlyList<string> parts) =>
        parts.Count > 1 ? new RelationName(parts[^2], parts[^1]) : new RelationName(null, parts.Count > 0 ? parts[0] : "");
}
