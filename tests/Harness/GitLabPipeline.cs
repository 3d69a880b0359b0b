using System.Collections.Immutable;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace SafeDeploy.Tests.Harness;

/// <summary>One job as the runner gets it.</summary>
/// <param name="When"><c>on_success</c> or <c>on_failure</c>.</param>
/// <param name="Needs">Jobs that it waits for instead of the earlier stages; null = all of the earlier stages.</param>
public sealed record GitLabJob(
    string Name, string Stage, string When, ImmutableArray<string>? Needs, ImmutableDictionary<string, string> Variables, ImmutableArray<string> Script, ImmutableArray<string> AfterScript, string? Dotenv, YamlMappingNode Node);

/// <summary>A <c>.gitlab-ci.yml</c>, checked for what GitLab refuses, and the jobs that a pipeline of it has.</summary>
/// <remarks>docs.gitlab.com/ci/yaml: the keywords that we use, and no others.</remarks>
public sealed partial class GitLabPipeline
{
    private static readonly string[] StandardStages = ["build", "test", "deploy"];
    private static readonly string[] GlobalKeys = ["stages", "include", "variables", "workflow", "default"];
    private static readonly string[] JobKeys =
    [
        "stage", "image", "tags", "rules", "interruptible", "resource_group", "environment", "timeout", "variables", "before_script", "script", "after_script", "artifacts", "when", "needs", "extends", "retry", "services", "release",
    ];

    private readonly YamlMappingNode _root;
    private readonly ImmutableArray<string> _stages;

    private GitLabPipeline(YamlMappingNode root)
    {
        _root = root;
        _stages = [".pre", .. Get(root, "stages") is YamlSequenceNode stages ? stages.Children.Select(s => s.ToString()) : StandardStages, ".post"];
    }

    /// <exception cref="FormatException">GitLab would not make a pipeline of it.</exception>
    public static GitLabPipeline Parse(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        var pipeline = new GitLabPipeline((YamlMappingNode)yaml.Documents.Single().RootNode);
        foreach (var name in pipeline.Names)
            pipeline.Check(name, pipeline.JobOf(name));
        return pipeline;
    }

    /// <summary>The inputs of its one component, by name; empty where none is included.</summary>
    public IReadOnlyDictionary<string, YamlNode> ComponentInputs() =>
        Get(_root, "include") is YamlSequenceNode { Children: [YamlMappingNode include] } && Get(include, "inputs") is YamlMappingNode inputs
            ? inputs.Children.ToDictionary(c => c.Key.ToString(), c => c.Value)
            : new Dictionary<string, YamlNode>();

    /// <summary>The jobs of a pipeline with these variables, stage by stage.</summary>
    public ImmutableArray<GitLabJob> Jobs(IReadOnlyDictionary<string, string> variables)
    {
        var jobs = Names.Select(n => Job(n, JobOf(n), variables)).OfType<GitLabJob>().OrderBy(j => _stages.IndexOf(j.Stage)).ToImmutableArray();
        foreach (var job in jobs)
            if (job.Needs?.FirstOrDefault(n => jobs.All(j => j.Name != n)) is { } missing)
                throw new FormatException($"'{job.Name}' job needs '{missing}' job, but it does not exist in the pipeline");
        return jobs;
    }

    private IEnumerable<string> Names => _root.Children.Keys.Select(k => k.ToString()).Where(k => !GlobalKeys.Contains(k) && !k.StartsWith('.'));

    /// <summary>With what it extends laid below it; lists are replaced, maps are merged.</summary>
    private YamlMappingNode JobOf(string name)
    {
        var job = (YamlMappingNode)_root.Children[new YamlScalarNode(name)];
        if (Get(job, "extends") is not { } parent)
            return job;
        if (!_root.Children.ContainsKey(new YamlScalarNode(parent.ToString())))
            throw new FormatException($"{name}: unknown keys in `extends` ({parent})");
        var merged = Merged(JobOf(parent.ToString()), job);
        merged.Children.Remove(new YamlScalarNode("extends"));
        return merged;
    }

    private static YamlMappingNode Merged(YamlMappingNode below, YamlMappingNode above)
    {
        var merged = new YamlMappingNode(below.Children);
        foreach (var (key, value) in above.Children)
            merged.Children[key] = value is YamlMappingNode map && below.Children.TryGetValue(key, out var old) && old is YamlMappingNode oldMap ? Merged(oldMap, map) : value;
        return merged;
    }

    private void Check(string name, YamlMappingNode job)
    {
        if (job.Children.Keys.Select(k => k.ToString()).Except(JobKeys).ToArray() is { Length: > 0 } unknown)
            throw new FormatException($"jobs:{name} config contains unknown keys: {string.Join(", ", unknown)}");
        if (Get(job, "script") is not YamlSequenceNode { Children.Count: > 0 })
            throw new FormatException($"jobs:{name} script config should be a list of texts");
        foreach (var list in new[] { "script", "after_script", "before_script" })
            if (Get(job, list) is YamlSequenceNode lines && lines.Children.Any(l => l is not YamlScalarNode))
                throw new FormatException($"jobs:{name} {list} config should be a list of texts");
        if (!_stages.Contains(StageOf(job)))
            throw new FormatException($"{name} job: chosen stage {StageOf(job)} does not exist; available stages are {string.Join(", ", _stages)}");
        if (Get(job, "variables") is YamlMappingNode variables && variables.Children.Values.FirstOrDefault(v => v is not YamlScalarNode) is { } wrong)
            throw new FormatException($"jobs:{name} variables config: {wrong} is no text");
        foreach (var list in new[] { "tags", "rules" })
            if (Get(job, list) is { } node and not YamlSequenceNode)
                throw new FormatException($"jobs:{name} {list} config should be an array: {node}");
        if (Get(job, "environment") is YamlMappingNode environment && (Get(environment, "name")?.ToString() ?? "").Length == 0)
            throw new FormatException($"jobs:{name} environment name can't be blank");
        if (Get(job, "artifacts") is YamlMappingNode artifacts && Get(artifacts, "expose_as") is { } shown && !Shown().IsMatch(shown.ToString()))
            throw new FormatException($"jobs:{name} artifacts expose as can contain only letters, digits, '-', '_' and spaces");
    }

    private static GitLabJob? Job(string name, YamlMappingNode node, IReadOnlyDictionary<string, string> variables)
    {
        var when = Get(node, "when")?.ToString() ?? "on_success";
        if (Get(node, "rules") is YamlSequenceNode rules)
        {
            var match = rules.Children.Cast<YamlMappingNode>().FirstOrDefault(r => Get(r, "if") is not { } condition || GitLabRule.Holds(condition.ToString(), variables));
            if (match is null || Get(match, "when")?.ToString() == "never")
                return null;
            // A rule without a word of its own takes the job's.
            when = Get(match, "when")?.ToString() ?? when;
        }

        return new GitLabJob(
            name, StageOf(node), when, Get(node, "needs") is YamlSequenceNode needs ? [.. needs.Children.Select(n => n is YamlMappingNode map ? Get(map, "job")!.ToString() : n.ToString())] : null,
            Get(node, "variables") is YamlMappingNode own ? own.Children.ToImmutableDictionary(c => c.Key.ToString(), c => c.Value.ToString()) : ImmutableDictionary<string, string>.Empty,
            Lines(node, "script"), Lines(node, "after_script"), Dotenv(node), node);
    }

    private static string? Dotenv(YamlMappingNode job) =>
        Get(job, "artifacts") is YamlMappingNode artifacts && Get(artifacts, "reports") is YamlMappingNode reports ? Get(reports, "dotenv")?.ToString() : null;

    private static string StageOf(YamlMappingNode job) => Get(job, "stage")?.ToString() ?? "test";

    private static ImmutableArray<string> Lines(YamlMappingNode job, string key) => Get(job, key) is YamlSequenceNode lines ? [.. lines.Children.Select(l => l.ToString())] : [];

    private static YamlNode? Get(YamlMappingNode map, string key) => map.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;

    [GeneratedRegex("^[A-Za-z0-9_ -]+$")]
    private static partial Regex Shown();
}
