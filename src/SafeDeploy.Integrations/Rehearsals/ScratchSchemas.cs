using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>Schemas that placeholders stand for: made beforehand, unless a migration makes them itself.</summary>
/// <param name="Path">Where unqualified names are looked for; empty for the server's default.</param>
internal sealed record ScratchSchemas(ImmutableArray<QuotedName> ToMake, ImmutableArray<string> Path)
{
    public string SearchPath => string.Join(", ", Path.Select(p => QuotedName.TryParse(p, out _)!.Sql));

    public static ScratchSchemas Of(MigrationSet set, ImmutableArray<MigrationScript> prepare)
    {
        var scripts = set.Migrations.SelectMany(m => new[] { m.Forward, m.Rollback }.OfType<MigrationScript>()).Concat(prepare).ToArray();
        var names = scripts.SelectMany(s => SqlText.SchemaPlaceholders(s.Sql)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var made = names.Where(n => scripts.Any(s => Creates(s.Sql, n)));
        ImmutableArray<QuotedName> toMake = [.. names.Except(made).Select(n => QuotedName.TryParse(n, out _)).OfType<QuotedName>()];
        return new ScratchSchemas(toMake, toMake is [var only] ? [only.Value, "public"] : []);
    }

    private static bool Creates(string sql, string name)
    {
        var words = SqlText.Filled(sql).Split([' ', '\t', '\n', '\r', ';', '"'], StringSplitOptions.RemoveEmptyEntries);
        return words.Zip(words.Skip(1), words.Skip(2))
            .Any(w => w.First.Equals("create", StringComparison.OrdinalIgnoreCase) && w.Second.Equals("schema", StringComparison.OrdinalIgnoreCase)
                && w.Third.Equals(name, StringComparison.OrdinalIgnoreCase));
    }
}
