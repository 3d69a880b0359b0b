using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace SafeDeploy.Tests.Harness;

/// <summary>A file with <c>spec: inputs</c>, filled in as GitLab does it: inputs are checked, then written into the text, which is parsed only afterwards.</summary>
/// <remarks>Rules: docs.gitlab.com/ci/inputs; how a value is written: GitLab's own source, <c>Gitlab::Ci::Config::Interpolation</c>.</remarks>
public sealed partial class GitLabComponentFile
{
    private static readonly string[] Types = ["string", "number", "boolean", "array"];
    private static readonly string[] Keys = ["type", "default", "description", "options", "regex"];

    private readonly string _content;

    private GitLabComponentFile(ImmutableArray<SpecInput> inputs, string content) => (Inputs, _content) = (inputs, content);

    /// <param name="Default">Null = the input is required.</param>
    public sealed record SpecInput(string Name, string Type, YamlNode? Default, string Description, ImmutableArray<string> Options, string? Pattern);

    public ImmutableArray<SpecInput> Inputs { get; }

    /// <exception cref="FormatException">GitLab would refuse the header.</exception>
    public static GitLabComponentFile Parse(string text)
    {
        var parts = Regex.Split(text, "^---[ ]*\n", RegexOptions.Multiline).Where(p => p.Trim().Length > 0).ToArray();
        if (parts.Length != 2)
            throw new FormatException($"{parts.Length} documents; a component has two");
        var inputs = Child(Child(Root(parts[0]), "spec"), "inputs").Children.Select(i => Spec(i.Key.ToString(), (YamlMappingNode)i.Value)).ToImmutableArray();
        var file = new GitLabComponentFile(inputs, parts[1]);
        foreach (var input in inputs.Where(i => i.Default is not null))
            file.Check(input, input.Default!, "default value");
        return file;
    }

    /// <summary>The configuration's text with these inputs.</summary>
    /// <param name="given">By name, as YAML.</param>
    /// <exception cref="FormatException">GitLab would refuse them.</exception>
    public string Fill(IReadOnlyDictionary<string, YamlNode> given)
    {
        if (given.Keys.Except(Inputs.Select(i => i.Name)).ToArray() is { Length: > 0 } unknown)
            throw new FormatException($"unknown input arguments: {string.Join(", ", unknown)}");
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var input in Inputs)
        {
            var value = given.GetValueOrDefault(input.Name) ?? input.Default ?? throw new FormatException($"`{input.Name}` input: required value has not been provided");
            Check(input, value, "provided value");
            // A text as it is; everything else as JSON.
            values[input.Name] = input.Type == "string" ? value.ToString() : Json(value);
        }

        return Block().Replace(_content, m => Access(m.Groups[1].Value, values));
    }

    private static string Access(string block, Dictionary<string, string> values)
    {
        if (block.Contains('|', StringComparison.Ordinal))
            throw new FormatException($"`{block}`: this interpreter knows no functions");
        return block.StartsWith("inputs.", StringComparison.Ordinal) && values.TryGetValue(block["inputs.".Length..], out var value)
            ? value
            : throw new FormatException($"unknown interpolation key: `{block}`");
    }

    private static SpecInput Spec(string name, YamlMappingNode spec)
    {
        string? Get(string key) => spec.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node.ToString() : null;
        if (spec.Children.Keys.Select(k => k.ToString()).Except(Keys).ToArray() is { Length: > 0 } unknown)
            throw new FormatException($"`{name}` input: unknown keys: {string.Join(", ", unknown)}");
        var type = Get("type") ?? "string";
        if (!Types.Contains(type))
            throw new FormatException($"`{name}` input: unknown type {type}");
        spec.Children.TryGetValue(new YamlScalarNode("default"), out var standard);
        var options = spec.Children.TryGetValue(new YamlScalarNode("options"), out var list) ? ((YamlSequenceNode)list).Children.Select(o => o.ToString()).ToImmutableArray() : [];
        if (!options.IsEmpty && type is not ("string" or "number"))
            throw new FormatException($"`{name}` input: Options can only be used with string and number inputs");
        if (Get("regex") is not null && type != "string")
            throw new FormatException($"`{name}` input: RegEx validation can only be used with string inputs");
        return new SpecInput(name, type, standard, Get("description") ?? "", options, Get("regex"));
    }

    private void Check(SpecInput input, YamlNode value, string which)
    {
        var isRight = (input.Type, value) switch
        {
            ("string", YamlScalarNode text) => IsQuoted(text) || text.Value is not ("true" or "false" or "null" or "~" or "") && !double.TryParse(text.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            ("boolean", YamlScalarNode { Value: "true" or "false" } flag) => !IsQuoted(flag),
            ("number", YamlScalarNode number) => double.TryParse(number.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            ("array", YamlSequenceNode) => true,
            _ => false,
        };
        if (!isRight)
            throw new FormatException($"`{input.Name}` input: {which} is not a {input.Type}");
        if (!input.Options.IsEmpty && !input.Options.Contains(value.ToString()))
            throw new FormatException($"`{input.Name}` input: `{value}` cannot be used because it is not in the list of allowed options");
        if (input.Pattern is { } pattern && !Regex.IsMatch(value.ToString(), pattern))
            throw new FormatException($"`{input.Name}` input: {which} does not match required RegEx pattern");
    }

    private static bool IsQuoted(YamlScalarNode text) => text.Style is not (YamlDotNet.Core.ScalarStyle.Plain or YamlDotNet.Core.ScalarStyle.Any);

    private static string Json(YamlNode node) => node switch
    {
        YamlSequenceNode list => $"[{string.Join(',', list.Children.Select(Json))}]",
        YamlMappingNode map => $"{{{string.Join(',', map.Children.Select(c => $"{JsonSerializer.Serialize(c.Key.ToString())}:{Json(c.Value)}"))}}}",
        YamlScalarNode { Value: "true" or "false" } flag when !IsQuoted(flag) => flag.Value!,
        _ => JsonSerializer.Serialize(node.ToString()),
    };

    private static YamlMappingNode Root(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static YamlMappingNode Child(YamlMappingNode parent, string key) =>
        parent.Children.TryGetValue(new YamlScalarNode(key), out var child) && child is YamlMappingNode map ? map : throw new FormatException($"{key} is missing");

    [GeneratedRegex(@"\$\[\[\s*(\S.*?)\s*\]\]")]
    private static partial Regex Block();
}
