namespace SafeDeploy.Config;

/// <summary>Finds where in the file a key is at home.</summary>
internal static class KeyPaths
{
    /// <summary>The path of the one key of that name, e.g. <c>migrations.lock_timeout</c>; null when there is none or several.</summary>
    public static string? Of(string name)
    {
        var found = In(ConfigSchema.Root, "").Where(path => path.Split('.')[^1] == name).ToList();
        return found.Count == 1 ? found[0] : null;
    }

    private static IEnumerable<string> In(SectionShape shape, string prefix) => shape.Fields.SelectMany(field =>
        field.Shape switch
        {
            FieldShape.Section section => In(section.Keys, $"{prefix}{field.Name}.").Prepend(prefix + field.Name),
            FieldShape.Sections sections => In(sections.Keys, $"{prefix}{field.Name}[].").Prepend(prefix + field.Name),
            _ => [prefix + field.Name],
        });
}
