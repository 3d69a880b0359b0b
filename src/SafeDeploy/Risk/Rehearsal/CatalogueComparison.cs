using System.Collections.Immutable;

namespace SafeDeploy.Risk.Rehearsal;

/// <summary>One object of a catalogue as one line of text: <c>kind |table|name| definition</c>.</summary>
public sealed record CatalogueLine(string Schema, string Text);

/// <summary>Says in sentences where two catalogues differ; the order of columns does not count.</summary>
public static class CatalogueComparison
{
    private const int AtMost = 200;

    /// <summary>Empty when they are equal.</summary>
    public static ImmutableArray<string> Of(IReadOnlySet<CatalogueLine> before, IReadOnlySet<CatalogueLine> after)
    {
        if (before.SetEquals(after))
            return [];
        var gone = Parts(before.Except(after));
        var extra = Parts(after.Except(before));
        var lostTables = Whole(gone, extra);
        var leftTables = Whole(extra, gone);
        var sentences = new List<string>();
        foreach (var ((schema, kind, name), was) in gone.Where(o => !IsPartOf(o.Key, lostTables)))
        {
            sentences.Add(extra.TryGetValue((schema, kind, name), out var now)
                ? $"changed: {Title(schema, kind, name)}: was {was}, is {now}"
                : $"not brought back: {Title(schema, kind, name)}{Detail(kind, was)}");
        }

        sentences.AddRange(extra.Where(o => !gone.ContainsKey(o.Key) && !IsPartOf(o.Key, leftTables))
            .Select(o => $"left behind: {Title(o.Key.Schema, o.Key.Kind, o.Key.Name)}{Detail(o.Key.Kind, o.Value)}"));
        return sentences.Count <= AtMost
            ? [.. sentences]
            : [.. sentences.Take(AtMost), string.Create(System.Globalization.CultureInfo.InvariantCulture, $"and {sentences.Count - AtMost} more")];
    }

    private static SortedDictionary<(string Schema, string Kind, string Name), string> Parts(IEnumerable<CatalogueLine> lines)
    {
        var parts = new SortedDictionary<(string, string, string), string>();
        foreach (var line in lines)
        {
            var (kind, name, rest) = Cut(line.Text);
            var key = (line.Schema, kind, name);
            // Two objects of one name (overloaded functions): both definitions count.
            parts[key] = parts.TryGetValue(key, out var other) ? $"{other}; {rest}" : rest;
        }

        return parts;
    }

    private static (string Kind, string Name, string Definition) Cut(string line)
    {
        var fields = line.Split('|');
        var kind = fields[0].Trim();
        var named = kind is "column" or "constraint" or "trigger" or "policy" or "subquery policy" or "rule" ? 2 : 1;
        if (fields.Length <= named)
            return (kind, string.Join('.', fields.Skip(1)).Trim(), "");
        var name = string.Join('.', fields.Skip(1).Take(named).Select(f => f.Trim()));
        var rest = fields.Skip(1 + named).Select(f => f.Trim()).Where(f => f.Length > 0 && !f.EndsWith('='));
        return (kind, name, string.Join(' ', kind is "constraint" or "index" or "trigger" ? rest.Where(f => f != "f" && f != "t") : rest));
    }

    // What is said of a whole table need not be said of its columns again.
    private static HashSet<(string Schema, string Name)> Whole(
        SortedDictionary<(string Schema, string Kind, string Name), string> here, SortedDictionary<(string Schema, string Kind, string Name), string> there) =>
        [.. here.Keys.Where(k => k.Kind == "relation" && !there.ContainsKey(k)).Select(k => (k.Schema, k.Name))];

    private static bool IsPartOf((string Schema, string Kind, string Name) part, HashSet<(string Schema, string Name)> tables) =>
        part.Kind is "column" or "constraint" or "trigger" or "policy" or "subquery policy" or "rule" or "view" or "index"
        && tables.Any(t => t.Schema == part.Schema && part.Kind switch
        {
            "index" or "view" => part.Name == t.Name,
            _ => part.Name.StartsWith(t.Name + ".", StringComparison.Ordinal),
        });

    private static string Title(string schema, string kind, string name) =>
        schema.Length == 0 || kind == "schema" ? $"{kind} {(kind == "schema" ? schema : name)}" : $"{kind} {schema}.{name}";

    private static string Detail(string kind, string rest) => kind is "relation" or "schema" || rest.Length == 0 ? "" : $": {rest}";
}
