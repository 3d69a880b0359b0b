using System.Globalization;
using System.Text;

namespace SafeDeploy.Risk.Sql;

/// <summary>One node of PostgreSQL's parse tree: its type as parsenodes.h names it and its fields.</summary>
/// <remarks>
/// A field that has its zero value (false, 0, NULL, empty list) is absent from the tree. A class, and not a value: the runtime's
/// own collections are compiled ahead of time for references only, and 1,500 methods made at the start were most of it.
/// </remarks>
public sealed class SqlNode
{
    private readonly SqlTree _tree;
    private readonly SqlField[] _fields;
    // In the tree's list of typed nodes: itself, if it is one, and all below it.
    private readonly int _first;
    private readonly int _end;

    internal SqlNode(string kind, SqlField[] fields, SqlTree tree, int first, int end) =>
        (Kind, _fields, _tree, _first, _end) = (kind, fields, tree, first, end);

    /// <summary><c>CreateStmt</c>, <c>RangeVar</c>, …; empty where the field's type leaves no choice.</summary>
    public string Kind { get; }

    public bool Is(string kind) => Kind == kind;

    public bool Has(string field) => Find(field) >= 0;

    /// <summary>Text or enumeration value of a field; null when absent.</summary>
    public string? Text(string field) => Find(field) is >= 0 and var at ? _fields[at].Value as string : null;

    public bool Flag(string field) => Find(field) is >= 0 and var at && _fields[at] is { Value: null, Number: 1 };

    public int Number(string field) => Find(field) is >= 0 and var at && _fields[at].Value is null ? _fields[at].Number : 0;

    public SqlNode? Node(string field) => Find(field) is >= 0 and var at ? _fields[at].Value as SqlNode : null;

    /// <summary>The nodes of a list field in order; empty when absent.</summary>
    public IReadOnlyList<SqlNode> List(string field) => Find(field) is >= 0 and var at && _fields[at].Value is SqlNode[] nodes ? nodes : [];

    /// <summary>The texts of a list of <c>String</c> nodes, such as a qualified name.</summary>
    public IReadOnlyList<string> Names(string field)
    {
        var nodes = List(field);
        if (nodes.Count == 0)
            return [];
        var names = new string[nodes.Count];
        for (var i = 0; i < names.Length; i++)
            names[i] = nodes[i].Text("sval") ?? "";
        return names;
    }

    /// <summary>The last text of such a list: the bare name. Empty when absent.</summary>
    public string LastName(string field) => List(field) is { Count: > 0 } names ? names[^1].Text("sval") ?? "" : "";

    /// <summary>This node and all below it that have a kind, parents first, in the order of the text.</summary>
    public IEnumerable<SqlNode> DescendantsAndSelf()
    {
        for (var i = _first; i < _end; i++)
            yield return _tree.Nodes[i];
    }

    /// <summary>Those of <see cref="DescendantsAndSelf()"/> of one kind.</summary>
    public IEnumerable<SqlNode> DescendantsAndSelf(string kind)
    {
        for (var i = _first; i < _end; i++)
        {
            if (_tree.Nodes[i].Kind == kind)
                yield return _tree.Nodes[i];
        }
    }

    /// <summary>That node of the same tree is this one or below it.</summary>
    public bool Holds(SqlNode node) => node._first >= _first && node._end <= _end;

    /// <summary>A node of that kind is this one or below it.</summary>
    public bool HoldsKind(string kind)
    {
        for (var i = _first; i < _end; i++)
        {
            if (_tree.Nodes[i].Kind == kind)
                return true;
        }

        return false;
    }

    /// <summary>The fields in words, without where they stand in the text: equal for what is written alike.</summary>
    public string Words()
    {
        var words = new StringBuilder(Kind).Append('{');
        foreach (var field in _fields)
        {
            if (field.Name == "location")
                continue;
            words.Append(field.Name).Append(':').Append(field.Value switch
            {
                string text => $"\"{text}\"",
                SqlNode node => node.Words(),
                SqlNode[] nodes => string.Join(',', nodes.Select(n => n.Words())),
                _ => field.Number.ToString(CultureInfo.InvariantCulture),
            }).Append(' ');
        }

        return words.Append('}').ToString();
    }

    private int Find(string name)
    {
        for (var i = 0; i < _fields.Length; i++)
        {
            if (_fields[i].Name == name)
                return i;
        }

        return -1;
    }
}
