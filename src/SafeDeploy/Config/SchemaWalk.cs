using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>Walks what is written beside the schema: reports all that does not fit, and gives the typed values of what does.</summary>
/// <remarks>
/// An overlay (<c>environments.NAME</c>) that was not asked for is walked in part: its keys and literal values are
/// checked, nothing is required of it and no variable is looked up.
/// </remarks>
internal sealed class SchemaWalk(ScalarReader scalars, ProblemList problems, bool isOverlay)
{
    private readonly WalkProblems _problems = new(problems);

    /// <summary>Where every written value stands, by path.</summary>
    public Dictionary<string, SourceMark> Marks { get; } = new(StringComparer.Ordinal);

    /// <summary>The section's values; null where it is no mapping or asks for something not built.</summary>
    public SectionValue? Section(SectionShape shape, ConfigNode node, Place place)
    {
        Marks[place.Path] = node.Mark;
        if (node is not ConfigNode.Mapping mapping)
        {
            _problems.WrongShape(place, "a mapping (key: value)", Shown.Kind(node), Example(shape));
            return null;
        }

        if (RefusedChoice(shape, mapping, place))
            return null;
        foreach (var entry in mapping.Entries.Where(e => shape.Find(e.Key) is null))
            _problems.UnknownKey(place.Below(entry.Key, entry.KeyMark), entry.Key, shape, place.Path);
        var values = new SectionValue();
        foreach (var field in shape.Fields)
            Field(field, mapping, place, values);
        foreach (var group in shape.Groups)
            Group(group, mapping, place);
        return values;
    }

    // A choice that is not built brings keys of its own, which are no mistakes: one problem says it all.
    private bool RefusedChoice(SectionShape shape, ConfigNode.Mapping mapping, Place place)
    {
        foreach (var field in shape.Fields.Where(f => f.NotBuilt.Length > 0))
        {
            if (mapping.Find(field.Name) is not { } entry || scalars.NotBuilt(field, entry.Value) is not { } asked)
                continue;
            _problems.ValueNotBuilt(place.Below(field.Name, entry.Value.Mark), field, asked);
            return true;
        }

        return false;
    }

    private void Field(ConfigField field, ConfigNode.Mapping mapping, Place section, SectionValue values)
    {
        if (mapping.Find(field.Name) is not { } entry)
        {
            Absent(field, section, values);
            return;
        }

        var place = section.Below(field.Name, entry.KeyMark);
        if (!field.IsBuilt)
            _problems.KeyNotBuilt(place, field);
        else if (field.OnlyWith is { } only && values.Text(only.Key) is { } other && other != only.Value)
            _problems.Misplaced(place, field, only, other);
        else if (isOverlay && entry.Value is ConfigNode.Scalar { IsNull: true })
            return; // takes the key away
        else if (entry.Value is ConfigNode.Scalar { IsEmpty: true } or ConfigNode.Scalar { IsNull: true })
            _problems.NoValue(place, field, Shown.Found(entry.Value, isSecret: false));
        else if (field.Shape is FieldShape.One one)
            One(field.Name, one.Type, entry.Value, section.Below(field.Name, entry.Value.Mark), values);
        else if (Value(field.Shape, entry.Value, section.Below(field.Name, entry.Value.Mark)) is { } value)
            values.Set(field.Name, value);
    }

    private void Absent(ConfigField field, Place section, SectionValue values)
    {
        if (isOverlay)
            return;
        if (field.OnlyWith is { } only && values.Text(only.Key) != only.Value)
            return;
        if (field.Required || (field.RequiredWith is { } with && values.Text(with.Key) == with.Value))
            _problems.Missing(section, field);
        else if (field.Default is { } written)
            Default(field, written, values);
        else if (field is { Assumed: true, Shape: FieldShape.Section shape })
            SetAssumed(field, shape, section, values);
    }

    private static void Default(ConfigField field, ImmutableArray<string> written, SectionValue values)
    {
        if (field.Shape is FieldShape.Many many)
            values.Set(field.Name, written.Select(text => Parsed(many.Item, text)).ToImmutableArray());
        else if (field.Shape is FieldShape.One one)
            values.Set(field.Name, Parsed(one.Type, written[0]), written[0]);
    }

    private static object Parsed(ScalarType type, string text) =>
        type.Parse(text, out _) ?? throw new InvalidOperationException($"the schema's own default \"{text}\" is no {type.Name}");

    private void SetAssumed(ConfigField field, FieldShape.Section shape, Place section, SectionValue values)
    {
        var nothing = new ConfigNode.Mapping([], section.Mark);
        var walk = new SchemaWalk(scalars, problems, isOverlay);
        if (walk.Section(shape.Keys, nothing, section.Below(field.Name, section.Mark)) is { } value)
            values.Set(field.Name, value);
    }

    private void One(string name, ScalarType type, ConfigNode node, Place place, SectionValue values)
    {
        if (Scalar(type, node, place) is { } read)
            values.Set(name, read.Value, read.Text);
    }

    private object? Value(FieldShape shape, ConfigNode node, Place place) => shape switch
    {
        FieldShape.Many many => Many(many, node, place),
        FieldShape.Pairs pairs => Pairs(pairs, node, place),
        FieldShape.Section section => Section(section.Keys, node, place),
        FieldShape.Sections sections => Sections(sections, node, place),
        // Overlays were merged or checked before; what is left of them here says nothing.
        FieldShape.Overlays => null,
        _ => throw new InvalidOperationException($"no way to read {shape}"),
    };

    private ScalarReading? Scalar(ScalarType type, ConfigNode node, Place place)
    {
        var read = scalars.Read(type, node, place);
        Marks[place.Path] = read?.Mark ?? node.Mark;
        return read;
    }

    private object? Many(FieldShape.Many many, ConfigNode node, Place place)
    {
        Marks[place.Path] = node.Mark;
        if (node is not ConfigNode.Sequence list)
        {
            _problems.WrongShape(place, "a list", Shown.Found(node, many.Item.IsSecret), "write [ one, two ], each item by itself");
            return null;
        }

        if (list.Items.Length < many.Least)
            _problems.EmptyList(place, many.Item);
        var items = list.Items.Select((item, i) => Scalar(many.Item, item, place.Item(i, item.Mark))?.Value).ToList();
        return items.TrueForAll(item => item is not null) ? items.Select(item => item!).ToImmutableArray() : null;
    }

    private Dictionary<string, object>? Pairs(FieldShape.Pairs pairs, ConfigNode node, Place place)
    {
        Marks[place.Path] = node.Mark;
        if (node is not ConfigNode.Mapping mapping)
        {
            _problems.WrongShape(place, "a mapping (NAME: value)", Shown.Kind(node), "write NAME: value, one a line");
            return null;
        }

        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var entry in mapping.Entries)
        {
            if (pairs.Key.Parse(entry.Key, out _) is null)
                _problems.BadName(place.Below(entry.Key, entry.KeyMark), pairs.Key);
            else if (Scalar(pairs.Value, scalars.Named(entry), place.Below(entry.Key, entry.Value.Mark)) is { } read)
                values[entry.Key] = read.Value;
        }

        return values;
    }

    private object? Sections(FieldShape.Sections sections, ConfigNode node, Place place)
    {
        Marks[place.Path] = node.Mark;
        if (node is not ConfigNode.Sequence list)
        {
            _problems.WrongShape(place, "a list of mappings", Shown.Kind(node), "begin each entry with a dash: - key: value");
            return null;
        }

        // Lists are replaced by an environment, never merged: an item is whole wherever it stands.
        var whole = isOverlay ? new SchemaWalk(scalars, problems, isOverlay: false) : this;
        var items = list.Items.Select((item, i) => whole.Section(sections.Keys, item, place.Item(i, item.Mark))).ToList();
        return items.TrueForAll(item => item is not null) ? items.Select(item => item!).ToImmutableArray() : null;
    }

    private void Group(KeyGroup group, ConfigNode.Mapping mapping, Place place)
    {
        var present = mapping.Entries.Where(e => group.Keys.Contains(e.Key)).ToList();
        if (present.Count > 1)
            _problems.Exclude(place.Below(present[1].Key, present[1].KeyMark), [.. present.Select(e => e.Key)], present[0].KeyMark);
        else if (present.Count == 0 && group.NeedsOne && !isOverlay)
            _problems.NoneOf(place, group.Keys);
    }

    private static string Example(SectionShape shape) => shape.Fields.Length == 0
        ? "remove it"
        : $"write its keys below it, indented: {string.Join(", ", shape.Fields.Where(f => f.IsBuilt).Select(f => f.Name))}";
}
