namespace SafeDeploy.Config;

/// <param name="Text">As written or filled; never for messages.</param>
internal sealed record ScalarReading(object Value, string Text, SourceMark Mark);

/// <summary>Reads single values: fills references, keeps secrets, judges by type.</summary>
internal sealed class ScalarReader(Interpolation? references, SecretTexts secrets, ProblemList problems)
{
    private readonly WalkProblems _problems = new(problems);

    /// <summary>The same reader for a part that is checked only: a text with a reference is then taken as it is.</summary>
    public ScalarReader WithoutVariables() => new(null, secrets, problems);

    /// <summary>Null when the value does not fit (then reported), or cannot be judged without its variables.</summary>
    public ScalarReading? Read(ScalarType type, ConfigNode node, Place place)
    {
        if (node is not ConfigNode.Scalar written)
        {
            _problems.WrongShape(place, "a single value", Shown.Found(node, type.IsSecret), $"write {type.Accepts}");
            return null;
        }

        if (written.IsEmpty || written.IsNull)
        {
            _problems.BadValue(place, type, Shown.Found(written, type.IsSecret), "");
            return null;
        }

        var filled = references is null ? written : references.Fill(written, place, IsHidden(type));
        if (filled is null || (references is null && Interpolation.HasReference(filled.Text)))
            return null;
        Keep(type, filled.Text);
        if (type.Parse(filled.Text, out var why) is { } value)
            return new ScalarReading(value, filled.Text, filled.Mark);
        // A container's variables often are secrets, so none of them is shown, though not all are hidden from every sink.
        var isSecret = type.IsSecret || type == ScalarTypes.Variable;
        _problems.BadValue(place with { Mark = filled.Mark }, type, Shown.Found(filled, isSecret), why);
        return null;
    }

    /// <summary>The not-built value that a node asks for, or null.</summary>
    public string? NotBuilt(ConfigField field, ConfigNode node)
    {
        if (node is ConfigNode.Mapping mapping)
            return mapping.Entries.Select(e => field.AsksForNotBuilt(e.Key)).FirstOrDefault(asked => asked is not null);
        if (node is not ConfigNode.Scalar written)
            return null;
        var text = references?.Peek(written.Text) ?? written.Text;
        secrets.AddUrl(text);
        return field.AsksForNotBuilt(text);
    }

    /// <summary>The value of a NAME: value pair; what stands under a credential's name is hidden from every sink.</summary>
    public ConfigNode Named(ConfigEntry entry)
    {
        if (CredentialNames.IsCredential(entry.Key) && entry.Value is ConfigNode.Scalar { IsNull: false } scalar)
            secrets.Add(references?.Peek(scalar.Text) ?? scalar.Text);
        return entry.Value;
    }

    private void Keep(ScalarType type, string text)
    {
        if (IsHidden(type))
            secrets.Add(text);
        secrets.AddUrl(text);
    }

    // A database's address is hidden when a password is in it (AddUrl), not for its host's name.
    private static bool IsHidden(ScalarType type) => type.IsSecret && type != ScalarTypes.Database;
}
