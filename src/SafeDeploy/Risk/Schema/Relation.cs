using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Schema;

/// <summary>A relation's place in the catalogue, unquoted.</summary>
/// <remarks>A class: dictionaries with a value type for a key are compiled while the program runs.</remarks>
public sealed record RelationKey(string Schema, string Name)
{
    public static readonly RelationKey None = new("", "");

    public override string ToString() => Schema.Length == 0 ? Name : Name.Length == 0 ? Schema : $"{Schema}.{Name}";
}

public enum RelationKind
{
    Table,
    PartitionedTable,
    View,
    MaterializedView,
    ForeignTable,
    CompositeType,
    Index,
    Sequence,
}

public enum ConstraintKind
{
    PrimaryKey,
    Unique,
    Exclusion,
    Check,
    ForeignKey,
}

/// <summary>A column as far as effects depend on it.</summary>
public sealed class Column(string name, SqlType type)
{
    public string Name { get; set; } = name;

    public SqlType Type { get; set; } = type;

    public bool NotNull { get; set; }

    public bool HasDefault { get; set; }

    public bool IsIdentity { get; set; }

    public bool IsGenerated { get; set; }

    /// <summary>Comes from a parent and goes only with it.</summary>
    public bool IsInherited { get; init; }

    /// <summary>Made by the change that is judged: the serving image does not know it.</summary>
    public bool IsNew { get; set; }

    /// <summary>The columns that a generated one reads; empty else.</summary>
    public IReadOnlyCollection<string> Reads { get; set; } = [];

    /// <summary>The sequence that its default takes numbers from; null else.</summary>
    public Relation? Sequence { get; set; }

    /// <summary>The column as a child inherits it.</summary>
    public Column Inherited() => new(Name, Type)
    {
        NotNull = NotNull,
        HasDefault = HasDefault,
        IsGenerated = IsGenerated,
        IsInherited = true,
        IsNew = IsNew,
        Reads = Reads,
        Sequence = Sequence,
    };

    /// <summary>The column as LIKE copies it: definition without default.</summary>
    public Column Copy() => new(Name, Type) { NotNull = NotNull, IsNew = IsNew };
}

/// <summary>A policy or trigger by its kind and name, and the columns that it looks at.</summary>
public sealed record ColumnReader(string Kind, string Name, IReadOnlySet<string> Columns)
{
    public override string ToString() => $"{Kind} {Name}";
}

public sealed class Constraint(string name, ConstraintKind kind, IReadOnlyList<string> columns)
{
    public string Name { get; set; } = name;

    public ConstraintKind Kind { get; } = kind;

    public List<string> Columns { get; } = [.. columns];

    public bool Valid { get; set; } = true;

    public bool NoInherit { get; init; }

    /// <summary>A foreign key's referenced table.</summary>
    public Relation? Target { get; init; }

    public IReadOnlyList<string> TargetColumns { get; init; } = [];

    /// <summary>A deletion reaches over into this table.</summary>
    public bool DeletesAlong { get; init; }

    /// <summary>A changed key is changed, or taken away, in this table too.</summary>
    public bool UpdatesAlong { get; init; }

    public SqlNode? Expression { get; init; }

    /// <summary>The index that enforces a key; null for CHECK and foreign key.</summary>
    public Relation? Index { get; set; }
}

/// <summary>A table, view, index or sequence, before and while statements run; changed in place by the replay.</summary>
public sealed class Relation(RelationKey key, RelationKind kind)
{
    private string _name = key.ToString();

    public RelationKey Key
    {
        get => key;
        set => (key, _name) = (value, value.ToString());
    }

    public RelationKind Kind { get; set; } = kind;

    /// <summary>Known only by its name: no statement that made it was seen.</summary>
    public bool IsAssumed { get; init; }

    /// <summary>Made by the change that is judged; what was there before holds rows and is used.</summary>
    public bool IsNew { get; init; }

    /// <summary>Number of the statement that made it.</summary>
    public int Born { get; init; }

    /// <summary>A new table that a statement has filled since.</summary>
    public bool IsFilled { get; set; }

    public bool IsTemporary { get; init; }

    public bool IsUnlogged { get; set; }

    public List<Column> Columns { get; } = [];

    public List<Constraint> Constraints { get; } = [];

    /// <summary>Of a table or materialized view.</summary>
    public List<Relation> Indexes { get; } = [];

    public List<string> Policies { get; } = [];

    public HashSet<string> Rules { get; } = new(StringComparer.Ordinal);

    /// <summary>Policies and triggers that look at columns of this table: none of these can change its type.</summary>
    public List<ColumnReader> Readers { get; } = [];

    /// <summary>Other tables that a policy of this one reads.</summary>
    public HashSet<Relation> ReadByPolicies { get; } = [];

    public HashSet<string> Statistics { get; } = new(StringComparer.Ordinal);

    /// <summary>Name and function.</summary>
    public Dictionary<string, string> Triggers { get; } = new(StringComparer.Ordinal);

    /// <summary>Those FOR EACH ROW: every partition has its own copy.</summary>
    public HashSet<string> RowTriggers { get; } = new(StringComparer.Ordinal);

    public bool RowSecurity { get; set; }

    /// <summary>Inheritance parents, or the partitioned table.</summary>
    public List<Relation> Parents { get; } = [];

    public List<Relation> Children { get; } = [];

    public bool IsDefaultPartition { get; set; }

    public bool IsPartition => Parents.Any(p => p.Kind == RelationKind.PartitionedTable);

    public IReadOnlyList<string> PartitionKey { get; set; } = [];

    /// <summary>The bound of a partition as parsed.</summary>
    public SqlNode? Bound { get; set; }

    /// <summary>The table of an index, or the owner of a sequence.</summary>
    public Relation? Of { get; set; }

    /// <summary>The owner column of a sequence; the key columns of an index.</summary>
    public List<string> OfColumns { get; } = [];

    public bool IsUnique { get; set; }

    /// <summary>An index's access method; empty where it is the usual one.</summary>
    public string Method { get; set; } = "";

    /// <summary>A table that CLUSTER knows the order of.</summary>
    public bool IsClustered { get; set; }

    /// <summary>The composite type that the table was made OF.</summary>
    public RelationKey? OfType { get; set; }

    /// <summary>An index with an expression, a predicate or a non-default order can not become a constraint.</summary>
    public bool IsPartialOrExpression { get; set; }

    /// <summary>What a view's query reads: relations with the column names used; <c>*</c> for all.</summary>
    public Dictionary<Relation, HashSet<string>> Reads { get; } = [];

    /// <summary>As a message says it: <c>a view</c>.</summary>
    public string KindInWords => Kind switch
    {
        RelationKind.View => "a view",
        RelationKind.MaterializedView => "a materialized view",
        RelationKind.ForeignTable => "a foreign table",
        RelationKind.CompositeType => "a composite type",
        RelationKind.Index => "an index",
        RelationKind.Sequence => "a sequence",
        RelationKind.PartitionedTable => "a partitioned table",
        _ => "a table",
    };

    public bool IsTable => Kind is RelationKind.Table or RelationKind.PartitionedTable or RelationKind.ForeignTable;

    /// <summary>Rows may be there: it existed before the change, or the change filled it.</summary>
    public bool HoldsRows => (!IsNew || IsFilled) && Kind != RelationKind.View;

    /// <summary>The change made it and can make it again: a new table that nothing filled, or a temporary one.</summary>
    public bool IsDisposable => IsTemporary || (IsNew && !IsFilled);

    /// <summary>It has columns that no text named: those of a query, or of a table that was never seen.</summary>
    public bool HasUnseenColumns { get; set; }

    /// <summary>Complete means that a column not listed does not exist.</summary>
    public bool ColumnsAreKnown => !IsAssumed && !HasUnseenColumns && Columns.Count > 0;

    public Column? Column(string name) => Columns.Find(c => c.Name == name);

    public Constraint? Constraint(string name) => Constraints.Find(c => c.Name == name);

    /// <summary><c>schema.name</c>, made once: it is asked for at every lock.</summary>
    public override string ToString() => _name;
}
