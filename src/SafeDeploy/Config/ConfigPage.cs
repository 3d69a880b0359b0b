using System.Globalization;
using System.Text;

namespace SafeDeploy.Config;

/// <summary>Writes docs/config.md from the schema.</summary>
public static class ConfigPage
{
    private const string Introduction =
        """
        # The configuration: `safe-deploy.yml`

        <!-- Generated from ConfigSchema. Accept a change with: ACCEPT=1 ./build check -->

        One YAML file says what a deployment is. It is read strictly: an unknown key, a wrong type, a missing variable or a
        key of a feature that is not built yet is an error with file, line and column, and nothing is opened before the file is right.
        Editors complete and check it by the schema beside this page: begin the file with
        `# yaml-language-server: $schema=…/safe-deploy.schema.json`.

        **Values.** Durations `250ms` `5s` `2m` `1h`; sizes `512MB` `2GB` (powers of 1024); percentages `5%`; commands are
        lists of arguments, never shell lines.

        **Variables.** `${NAME}` is filled from the environment, `${NAME:-default}` has a default for one that is unset or
        empty; `$${` is a literal `${`. A variable's text can only be a value, never structure. A variable that is unset or
        empty and has no default is an error. What comes from a variable is never shown in a message; what belongs to a secret
        key, to a variable whose name looks like a credential's, or is a password inside an address, is hidden from all output.

        **Environments.** `environments.NAME` is laid over the rest when that environment is asked for: mappings are merged
        key by key, lists and values are replaced, and `key: null` takes an inherited key away. All environments are checked
        on every run. `version` and `project` cannot differ.

        **YAML.** One UTF-8 document of at most 1 MiB, no tags, no key twice; aliases are accepted up to 20000 values and 32 levels.

        """;

    /// <summary>The whole page; the same schema gives the same text.</summary>
    public static string Markdown()
    {
        var page = new StringBuilder(Introduction.ReplaceLineEndings("\n"));
        Table(page, "Top of the file", "", ConfigSchema.Root);
        Sections(page, ConfigSchema.Root, "");
        page.Append("\n## Not in this version\n\nKnown, and refused instead of ignored:\n\n");
        foreach (var line in NotBuilt(ConfigSchema.Root, ""))
            page.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        return page.ToString();
    }

    private static void Sections(StringBuilder page, SectionShape shape, string prefix)
    {
        foreach (var field in shape.Fields.Where(f => f.IsBuilt))
        {
            var (keys, path) = field.Shape switch
            {
                FieldShape.Section section => (section.Keys, prefix + field.Name),
                FieldShape.Sections sections => (sections.Keys, $"{prefix}{field.Name}[]"),
                _ => (null, ""),
            };
            if (keys is null)
                continue;
            Table(page, $"`{path}`", field.Prose, keys);
            Sections(page, keys, path + ".");
        }
    }

    private static void Table(StringBuilder page, string title, string prose, SectionShape shape)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n");
        if (prose.Length > 0)
            page.Append(CultureInfo.InvariantCulture, $"{prose}\n\n");
        foreach (var group in shape.Groups)
        {
            var count = group.NeedsOne ? "Exactly one" : "At most one";
            page.Append(CultureInfo.InvariantCulture, $"{count} of {string.Join(", ", group.Keys.Select(k => $"`{k}`"))}.\n\n");
        }

        page.Append("| key | value | default | meaning |\n|---|---|---|---|\n");
        foreach (var field in shape.Fields.Where(f => f.IsBuilt))
            page.Append(CultureInfo.InvariantCulture, $"| `{field.Name}` | {Cell(Value(field.Shape))} | {Default(field)} | {Cell(Meaning(field))} |\n");
    }

    private static string Value(FieldShape shape) => shape switch
    {
        FieldShape.One one => one.Type.Choices.Length > 0 ? string.Join(", ", one.Type.Choices.Select(c => $"`{c}`")) : one.Type.Accepts,
        FieldShape.Many { Item: var item } => item == ScalarTypes.AnyText ? "a list of arguments" : $"a list; each item {item.Accepts}",
        FieldShape.Pairs => "NAME: value pairs",
        FieldShape.Section => "a section, below",
        FieldShape.Sections => "a list of sections, below",
        FieldShape.Overlays => "NAME: sections to lay over",
        _ => throw new InvalidOperationException($"no words for {shape}"),
    };

    private static string Default(ConfigField field)
    {
        if (field.Required)
            return "**required**";
        if (field.RequiredWith is { } with)
            return $"**required** with `{with.Key}: {with.Value}`";
        return field.Default is not { } written ? ""
            : field.Shape is FieldShape.Many ? $"`[{string.Join(", ", written)}]`" : $"`{written[0]}`";
    }

    private static string Meaning(ConfigField field) => field is { OnlyWith: { } only, RequiredWith: null }
        ? $"{field.Prose} Only with `{only.Key}: {only.Value}`."
        : field.Prose;

    private static IEnumerable<string> NotBuilt(SectionShape shape, string prefix)
    {
        foreach (var field in shape.Fields)
        {
            var path = prefix + field.Name;
            if (!field.IsBuilt)
                yield return $"`{path}`: {field.Prose}";
            if (field.NotBuilt.Length > 0)
                yield return $"`{path}`: {string.Join(", ", field.NotBuilt.Select(v => $"`{v}`"))}";
            var below = field.Shape switch
            {
                FieldShape.Section section => NotBuilt(section.Keys, path + "."),
                FieldShape.Sections sections => NotBuilt(sections.Keys, path + "[]."),
                _ => [],
            };
            foreach (var line in below)
                yield return line;
        }
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
