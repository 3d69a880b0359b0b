using System.Collections.Immutable;
using YamlDotNet.RepresentationModel;

namespace SafeDeploy.Tests.Harness;

/// <summary>An action.yml of a Docker action, refused where the runner refuses it.</summary>
/// <param name="Image">As written: a path to a Dockerfile, or <c>docker://…</c>.</param>
public sealed record ActionManifest(
    string Name, ImmutableArray<(string Name, string Default)> Inputs, ImmutableArray<string> Outputs, string Image, string? Entrypoint,
    ImmutableArray<string> Arguments, ImmutableArray<(string Name, string Value)> Env, string? PreEntrypoint, string PreIf, string? PostEntrypoint, string PostIf)
{
    private static readonly string[] Known = ["using", "image", "entrypoint", "args", "env", "pre-entrypoint", "pre-if", "post-entrypoint", "post-if"];

    public static ActionManifest Load(string path) => Parse(File.ReadAllText(path));

    public static ActionManifest Parse(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var runs = (YamlMappingNode)(Find(root, "runs") ?? throw new FormatException("'runs' is missing"));
        foreach (var key in runs.Children.Keys.Select(k => k.ToString()).Where(k => !Known.Contains(k)))
            throw new FormatException($"Unexpected value '{key}'");
        if (!string.Equals(Text(runs, "using"), "docker", StringComparison.OrdinalIgnoreCase))
            throw new FormatException("'using' is not docker");
        var image = Text(runs, "image") ?? throw new FormatException("You are using a Container Action but an image is not provided");
        var last = image.Split('/')[^1];
        var isDockerfile = last.StartsWith("Dockerfile.", StringComparison.OrdinalIgnoreCase) || last.EndsWith("Dockerfile", StringComparison.OrdinalIgnoreCase);
        if (!isDockerfile && !image.StartsWith("docker://", StringComparison.OrdinalIgnoreCase))
            throw new FormatException($"'{image}' should be either '[path]/Dockerfile' or 'docker://image[:tag]'.");
        return new ActionManifest(
            Text(root, "name") ?? "",
            [.. Map(root, "inputs").Select(i => (i.Key, Default: i.Value is YamlMappingNode input ? Text(input, "default") ?? "" : ""))],
            [.. Map(root, "outputs").Select(o => o.Key)],
            image, Text(runs, "entrypoint"),
            [.. (Find(runs, "args") as YamlSequenceNode)?.Children.Select(a => a.ToString()) ?? []],
            [.. Map(runs, "env").Select(e => (e.Key, e.Value.ToString()))],
            Text(runs, "pre-entrypoint"), Text(runs, "pre-if") ?? "always()", Text(runs, "post-entrypoint"), Text(runs, "post-if") ?? "always()");
    }

    private static IEnumerable<(string Key, YamlNode Value)> Map(YamlMappingNode node, string key) =>
        (Find(node, key) as YamlMappingNode)?.Children.Select(c => (c.Key.ToString(), c.Value)) ?? [];

    private static YamlNode? Find(YamlMappingNode node, string key) => node.Children.FirstOrDefault(c => c.Key.ToString() == key).Value;

    private static string? Text(YamlMappingNode node, string key) => Find(node, key) switch
    {
        null => null,
        YamlScalarNode { Value: { Length: > 0 } text } => text,
        YamlScalarNode when key == "default" => "",
        _ => throw new FormatException($"'{key}' is no text"),
    };
}
