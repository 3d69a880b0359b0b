using System.Text.Json;

namespace SafeDeploy.Risk.Sql;

/// <summary>One node of PostgreSQL's parse tree: its type as parsenodes.h names it and its fields.</summary>
/// <param name="Kind"><c>CreateStmt</c>, <c>RangeVar</c>, …; empty where the field's type leaves no choice.</param>
/// <remarks>A field that has its zero value (false, 0, NULL, empty list) is absent from the tree.</remarks>
public readonly record struct SqlNode(string Kind, JsonElement Fields)
{
    /// <summary>Reads <c>{"CreateStmt": {…}}</c>, or the bare fields of a typed member.</summary>
    public static SqlNode? Wrapped(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return null;
        foreach (var member in element.EnumerateObject())
        {
            // Node types begin with a capital, fields never do.
            if (member.Value.ValueKind == JsonValueKind.Object && char.IsAsciiLetterUpper(member.Name[0]))
                return new SqlNode(member.Name, member.Value);
            break;
        }

        return new SqlNode("", element);
    }

    public bool Is(string kind) => Kind == kind;

    public bool Has(string field) => Fields.TryGetProperty(field, out _);

    /// <summary>Text or enumeration value of a field; null when absent.</summary>
    public string? Text(string field) =>
        Fields.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public bool Flag(string field) => Fields.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.True;

    public int Number(string field) =>
        Fields.TryGetProperty(field, out var value) && value.TryGetInt32(out var number) ? number : 0;

    public SqlNode? Node(string field) => Fields.TryGetProperty(field, out var value) ? Wrapped(value) : null;

    /// <summary>The nodes of a list field in order; empty when absent.</summary>
    public IEnumerable<SqlNode> List(string field)
    {
        if (!Fields.TryGetProperty(field, out var value) || value.ValueKind != JsonValueKind.Array)
            yield break;
        foreach (var item in value.EnumerateArray())
        {
            if (Wrapped(item) is { } node)
                yield return node;
        }
    }

    /// <summary>The texts of a list of <c>String</c> nodes, such as a qualified name.</summary>
    public IReadOnlyList<string> Names(string field) => [.. List(field).Select(n => n.Text("sval") ?? "")];

    /// <summary>The last text of such a list: the bare name. Empty when absent.</summary>
    public string LastName(string field) => Names(field) is { Count: > 0 } names ? names[names.Count - 1] : "";

    /// <summary>This node and all below it, parents first; without recursion, because a tree may be very deep.</summary>
    public IEnumerable<SqlNode> DescendantsAndSelf()
    {
        var open = new List<(string Kind, JsonElement Element)> { (Kind, Fields) };
        while (open.Count > 0)
        {
            var next = open[^1];
            open.RemoveAt(open.Count - 1);
            if (next.Kind.Length > 0 && next.Element.ValueKind == JsonValueKind.Object)
                yield return new SqlNode(next.Kind, next.Element);
            OpenChildren(next.Element, open);
        }
    }

    // The last child lies at the bottom: it is visited last. Nothing is allocated per node, for trees of a million nodes.
    private static void OpenChildren(JsonElement element, List<(string Kind, JsonElement Element)> open)
    {
        var first = open.Count;
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
                open.Add(("", item));
        }
        else
        {
            foreach (var member in element.EnumerateObject())
            {
                if (member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                    open.Add((KindOf(member), member.Value));
            }
        }

        open.Reverse(first, open.Count - first);
    }

    private static string KindOf(JsonProperty member)
    {
        // The commonest by far in long lists of values.
        if (member.NameEquals("A_Const"u8))
            return "A_Const";
        return char.IsAsciiLetterUpper(member.Name[0]) ? member.Name : FieldKind(member.Name);
    }

    // Members whose type leaves no choice are written without their type's name; those that matter to a walk get it back.
    private static string FieldKind(string field) => field switch
    {
        "relation" or "pktable" or "sequence" or "view" => "RangeVar",
        "typeName" => "TypeName",
        "withClause" => "WithClause",
        "onConflictClause" => "OnConflictClause",
        "funccall" => "FuncCall",
        _ => "",
    };
}
