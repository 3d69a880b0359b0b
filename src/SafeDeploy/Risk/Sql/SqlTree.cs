namespace SafeDeploy.Risk.Sql;

/// <summary>One field of a node.</summary>
/// <param name="Value">A text, a node or an array of nodes; null for a number or a flag.</param>
/// <param name="Number">1 for a flag that is set.</param>
internal readonly record struct SqlField(string Name, object? Value, int Number);

/// <summary>All typed nodes of a statement in the order of its text, so that what lies below a node is a piece of the list.</summary>
internal sealed class SqlTree
{
    public SqlNode[] Nodes { get; set; } = [];
}

/// <summary>Puts a parse tree together from the events of a reader, in the order of the text; without recursion, because a tree may be very deep.</summary>
public sealed class SqlTreeBuilder
{
    private readonly SqlTree _tree = new();
    private Level[] _open = new Level[32];
    private int _depth;
    private SqlNode?[] _nodes = new SqlNode?[16];
    private int _count;
    private SqlField[] _fields = new SqlField[32];
    private int _fieldCount;
    private SqlNode?[] _items = new SqlNode?[8];
    private int _itemCount;

    /// <summary>An object or a list that is being read.</summary>
    /// <param name="Name">Its own name in the one above; empty for an item.</param>
    /// <param name="Start">Of its fields, or its items, on the stack of those.</param>
    private readonly record struct Level(string Name, string Kind, bool IsList, int Start, int First);

    /// <summary>The name of a member whose value comes next; inside a list there is none.</summary>
    private string _name = "";

    public void Name(string name) => _name = name;

    public void Text(string value) => Add(new SqlField(Taken(), value, 0));

    public void Number(int value) => Add(new SqlField(Taken(), null, value));

    public void OpenObject()
    {
        var name = Taken();
        var kind = KindOf(name);
        var first = _count;
        // Its place is before what is below it; it is made when that is known.
        if (kind.Length > 0)
            Reserve();
        Push(new Level(name, kind, false, _fieldCount, first));
    }

    public void OpenList() => Push(new Level(Taken(), "", true, _itemCount, _count));

    public void CloseObject()
    {
        var level = _open[--_depth];
        // {"CreateStmt": {…}}: what holds nothing but a typed node is that node.
        var node = _fieldCount == level.Start + 1 && _fields[level.Start] is { Value: SqlNode inner, Name: var only } && IsType(only)
            ? inner
            : new SqlNode(level.Kind, FieldsFrom(level.Start), _tree, level.First, _count);
        _fieldCount = level.Start;
        if (level.Kind.Length > 0)
            _nodes[level.First] = node;
        if (IsInList)
            AddItem(node);
        else
            Add(new SqlField(level.Name, node, 0));
    }

    public void CloseList()
    {
        var level = _open[--_depth];
        var items = new SqlNode[_itemCount - level.Start];
        for (var i = 0; i < items.Length; i++)
            items[i] = _items[level.Start + i]!;
        _itemCount = level.Start;
        Add(new SqlField(level.Name, items, 0));
    }

    /// <summary>What was read: the one object that stands in no other; null when there was none.</summary>
    public SqlNode? Root()
    {
        _tree.Nodes = new SqlNode[_count];
        for (var i = 0; i < _count; i++)
            _tree.Nodes[i] = _nodes[i]!;
        return _fieldCount > 0 ? _fields[0].Value as SqlNode : null;
    }

    private bool IsInList => _depth > 0 && _open[_depth - 1].IsList;

    private void Push(Level level)
    {
        if (_depth == _open.Length)
            Array.Resize(ref _open, _depth * 2);
        _open[_depth++] = level;
    }

    private SqlField[] FieldsFrom(int start)
    {
        if (_fieldCount == start)
            return [];
        var fields = new SqlField[_fieldCount - start];
        Array.Copy(_fields, start, fields, 0, fields.Length);
        return fields;
    }

    private string Taken()
    {
        var name = _name;
        _name = "";
        return name;
    }

    private void Reserve()
    {
        if (_count == _nodes.Length)
            Array.Resize(ref _nodes, _count * 2);
        _count++;
    }

    private void Add(SqlField field)
    {
        // A list of plain values has no meaning to us.
        if (IsInList)
            return;
        if (_fieldCount == _fields.Length)
            Array.Resize(ref _fields, _fieldCount * 2);
        _fields[_fieldCount++] = field;
    }

    private void AddItem(SqlNode node)
    {
        if (_itemCount == _items.Length)
            Array.Resize(ref _items, _itemCount * 2);
        _items[_itemCount++] = node;
    }

    // Node types begin with a capital, fields never do.
    private static bool IsType(string name) => name.Length > 0 && char.IsAsciiLetterUpper(name[0]);

    // Members whose type leaves no choice are written without their type's name; those that matter to a walk get it back.
    private static string KindOf(string name) => IsType(name) ? name : name switch
    {
        "relation" or "pktable" or "sequence" or "view" => "RangeVar",
        "typeName" => "TypeName",
        "withClause" => "WithClause",
        "onConflictClause" => "OnConflictClause",
        "funccall" => "FuncCall",
        _ => "",
    };
}
