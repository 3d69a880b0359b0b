using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Schema;

/// <summary>A domain: constrained ones are checked row by row wherever they are used.</summary>
public sealed class Domain(SqlType baseType)
{
    public SqlType Base { get; } = baseType;

    public bool NotNull { get; set; }

    public HashSet<string> Checks { get; } = new(StringComparer.Ordinal);

    public bool HasDefault { get; set; }

    public bool IsConstrained => NotNull || Checks.Count > 0;
}

/// <param name="IsNew">Made by the change that is judged.</param>
public sealed record Routine(string Volatility, string Language, bool IsNew, string Body);

/// <summary>What exists at one moment of a change, as far as it was seen; replayed statement by statement.</summary>
public sealed class SchemaState
{
    private readonly Dictionary<RelationKey, Relation> _relations = [];

    /// <summary>Where unqualified names are looked for; the first is where they are made.</summary>
    public List<string> SearchPath { get; set; } = ["public"];

    public bool SearchPathIsSet { get; set; }

    /// <summary>The whole schema was read: what is not here does not exist.</summary>
    public bool IsComplete { get; set; }

    /// <summary>From here on statements belong to the change that is judged.</summary>
    public bool IsJudging { get; set; }

    /// <summary>Number of the statement that runs.</summary>
    public int Statement { get; set; }

    /// <summary>The session's TimeZone is UTC; null when nothing said so.</summary>
    public bool? TimeZoneIsUtc { get; set; }

    public HashSet<string> Schemas { get; } = new(StringComparer.Ordinal) { "public" };

    public HashSet<string> Extensions { get; } = new(StringComparer.Ordinal);

    public Dictionary<RelationKey, Domain> Domains { get; } = [];

    public Dictionary<RelationKey, List<string>> Enums { get; } = [];

    /// <summary>Enum values added by the transaction that runs: they can not be used before it commits.</summary>
    public HashSet<string> FreshEnumValues { get; } = new(StringComparer.Ordinal);

    public Dictionary<RelationKey, Routine> Routines { get; } = [];

    /// <summary>All that was seen, made or assumed and is not gone.</summary>
    public IEnumerable<Relation> Relations => _relations.Values;

    public bool Holds(Relation relation) => _relations.GetValueOrDefault(relation.Key) == relation;

    public RelationKey KeyOf(RelationName name) => Find(name)?.Key ?? new RelationKey(name.Schema ?? SearchPath[0], name.Name);

    public Relation? Find(RelationName name)
    {
        if (name.Schema is { } schema)
            return _relations.GetValueOrDefault(new RelationKey(schema, name.Name));
        if (_relations.TryGetValue(new RelationKey("pg_temp", name.Name), out var temporary))
            return temporary;
        foreach (var place in SearchPath)
        {
            if (_relations.TryGetValue(new RelationKey(place, name.Name), out var found))
                return found;
        }

        return null;
    }

    /// <summary>The relation, or one made up for a name that nothing is known of; null only when it is known not to exist.</summary>
    public Relation? FindOrAssume(RelationName name, RelationKind kind = RelationKind.Table)
    {
        if (Find(name) is { } found)
            return found;
        if (IsComplete || IsCatalogue(name))
            return null;
        return Add(new Relation(new RelationKey(name.Schema ?? SearchPath[0], name.Name), kind) { IsAssumed = true, Born = -1 });
    }

    /// <summary>The server's own: pg_catalog is looked through before any search_path.</summary>
    public static bool IsCatalogue(RelationName name) =>
        name.Schema is "pg_catalog" or "information_schema" || (name.Schema is null && name.Name.StartsWith("pg_", StringComparison.Ordinal));

    public Relation Make(RelationKey key, RelationKind kind, bool temporary = false) =>
        Add(new Relation(key, kind) { IsNew = IsJudging || temporary, Born = Statement, IsTemporary = temporary });

    public Relation Add(Relation relation) => _relations[relation.Key] = relation;

    public void Remove(Relation relation)
    {
        _relations.Remove(relation.Key);
        foreach (var parent in relation.Parents)
            parent.Children.Remove(relation);
        relation.Of?.Indexes.Remove(relation);
    }

    public void Rename(Relation relation, RelationKey key)
    {
        _relations.Remove(relation.Key);
        relation.Key = key;
        _relations[key] = relation;
    }

    /// <summary>Foreign keys of other tables that point at this one.</summary>
    public IEnumerable<(Relation Table, Constraint Key)> KeysTo(Relation target)
    {
        foreach (var table in _relations.Values)
        {
            foreach (var constraint in table.Constraints)
            {
                if (constraint.Target == target)
                    yield return (table, constraint);
            }
        }
    }

    public IEnumerable<Relation> ViewsOn(Relation relation)
    {
        foreach (var view in _relations.Values)
        {
            if (view.Reads.Count > 0 && view.Reads.ContainsKey(relation))
                yield return view;
        }
    }

    /// <summary>Sequences that a table's columns own.</summary>
    public IEnumerable<Relation> SequencesOf(Relation table) =>
        _relations.Values.Where(r => r.Kind == RelationKind.Sequence && r.Of == table);

    /// <summary>Domains and enumerations; composite types are relations.</summary>
    public IEnumerable<RelationKey> Types => Domains.Keys.Concat(Enums.Keys);

    public void RemoveType(RelationKey key)
    {
        Domains.Remove(key);
        Enums.Remove(key);
        if (_relations.GetValueOrDefault(key) is { Kind: RelationKind.CompositeType } composite)
            Remove(composite);
    }

    public void RenameType(RelationKey from, RelationKey to)
    {
        if (Domains.Remove(from, out var domain))
            Domains[to] = domain;
        if (Enums.Remove(from, out var labels))
            Enums[to] = labels;
        foreach (var column in _relations.Values.SelectMany(r => r.Columns).Where(c => c.Type.Name == from.Name && (c.Type.Schema ?? from.Schema) == from.Schema))
            column.Type = column.Type with { Name = to.Name, Schema = to.Schema == from.Schema ? column.Type.Schema : to.Schema };
    }

    public Domain? DomainOf(SqlType type) => type.IsArray ? null : Lookup(Domains, type);

    /// <summary>The type is that domain, or one that is built on it.</summary>
    public bool IsOver(SqlType type, Domain domain) => Chain(DomainOf(type)).Contains(domain);

    /// <summary>What a domain is built on in the end; the type itself where it is no domain.</summary>
    public SqlType RootOf(SqlType type) => Chain(DomainOf(type)) is [.., var last] ? last.Base : type;

    // By names that may be given anew: a text can make a circle of what no server would.
    private List<Domain> Chain(Domain? first)
    {
        var chain = new List<Domain>();
        for (var next = first; next is not null && !chain.Contains(next); next = DomainOf(next.Base))
            chain.Add(next);
        return chain;
    }

    public List<string>? EnumOf(SqlType type) => Lookup(Enums, type);

    public Routine? RoutineOf(string? schema, string name) => Lookup(Routines, new SqlType(schema, name, null, null, false));

    /// <summary>A domain over a domain has the constraints of both.</summary>
    public bool IsConstrained(Domain domain) => Chain(domain).Exists(d => d.IsConstrained);

    private T? Lookup<T>(Dictionary<RelationKey, T> from, SqlType type)
        where T : class
    {
        if (type.Schema is { } schema)
            return from.GetValueOrDefault(new RelationKey(schema, type.Name));
        foreach (var place in SearchPath)
        {
            if (from.TryGetValue(new RelationKey(place, type.Name), out var found))
                return found;
        }

        return null;
    }
}
