using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>One key of <c>safe-deploy.yml</c>: everything that the reader, the page and the editors' schema know of it.</summary>
internal sealed record ConfigField(string Name, FieldShape Shape, string Prose)
{
    /// <summary>What an absent key means, as it would be written; null = nothing. Lists: one text an item.</summary>
    public ImmutableArray<string>? Default { get; init; }

    public bool Required { get; init; }

    /// <summary>The key belongs only to this value of a sibling, and is refused beside another.</summary>
    public Condition? OnlyWith { get; init; }

    /// <summary>The key must be there when a sibling has this value.</summary>
    public Condition? RequiredWith { get; init; }

    /// <summary>An absent section is read as an empty one, so that its defaults hold.</summary>
    public bool Assumed { get; init; }

    /// <summary>False: the key is known and refused, since what it asks for is not built.</summary>
    public bool IsBuilt { get; init; } = true;

    /// <summary>Known values that are refused, since they are not built; one ending in <c>://</c> stands for a scheme.</summary>
    public ImmutableArray<string> NotBuilt { get; init; } = [];

    /// <summary>Null, or the entry of <see cref="NotBuilt"/> that the text asks for.</summary>
    public string? AsksForNotBuilt(string text)
    {
        foreach (var entry in NotBuilt)
        {
            var isAsked = entry.EndsWith("://", StringComparison.Ordinal)
                ? text.StartsWith(entry, StringComparison.OrdinalIgnoreCase)
                : string.Equals(entry, text, StringComparison.Ordinal);
            if (isAsked)
                return entry;
        }

        return null;
    }
}

/// <param name="Key">A sibling of the field.</param>
internal sealed record Condition(string Key, string Value);

/// <summary>What stands behind a key's colon.</summary>
internal abstract record FieldShape
{
    private FieldShape() { }

    public sealed record One(ScalarType Type) : FieldShape;

    /// <param name="Least">The fewest items.</param>
    public sealed record Many(ScalarType Item, int Least) : FieldShape;

    /// <summary>NAME: value pairs of free names.</summary>
    /// <param name="Key">How a name must look.</param>
    public sealed record Pairs(ScalarType Key, ScalarType Value) : FieldShape;

    public sealed record Section(SectionShape Keys) : FieldShape;

    public sealed record Sections(SectionShape Keys) : FieldShape;

    /// <summary>One overlay of the whole file a name.</summary>
    public sealed record Overlays : FieldShape;
}

/// <param name="Groups">Keys of which one at most, or exactly one, may stand.</param>
internal sealed record SectionShape(ImmutableArray<ConfigField> Fields, ImmutableArray<KeyGroup> Groups)
{
    public ConfigField? Find(string name)
    {
        foreach (var field in Fields)
        {
            if (string.Equals(field.Name, name, StringComparison.Ordinal))
                return field;
        }

        return null;
    }
}

/// <param name="NeedsOne">True: exactly one of them; false: at most one.</param>
internal sealed record KeyGroup(ImmutableArray<string> Keys, bool NeedsOne);
