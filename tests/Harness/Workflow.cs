using System.Collections.Immutable;
using YamlDotNet.RepresentationModel;

namespace SafeDeploy.Tests.Harness;

/// <param name="Uses">Null = a <c>run</c> step.</param>
public sealed record WorkflowStep(
    string Id, string? Uses, string? Run, string? If, ImmutableArray<(string Name, string Value)> With, ImmutableArray<(string Name, string Value)> Env);

/// <param name="Environment">Whose protection and secrets the job has; null = none.</param>
/// <param name="Matrix">One entry a job that is made of it: the values of its matrix; one empty entry where it has none.</param>
public sealed record WorkflowJob(
    string Id, ImmutableArray<string> Needs, string? If, string? Environment, ImmutableArray<(string Name, string Value)> Env, ImmutableArray<(string Name, string Value)> Outputs,
    ImmutableArray<JobService> Services, ImmutableArray<WorkflowStep> Steps, ImmutableArray<ImmutableDictionary<string, object?>> Matrix);

/// <summary>A workflow file, as far as the test runner plays it: jobs with needs, conditions, values, services and a matrix; steps that use an action or run a line.</summary>
public sealed record Workflow(ImmutableArray<(string Name, string Value)> Env, ImmutableArray<WorkflowJob> Jobs)
{
    public static Workflow Load(string path)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(path)));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        return new Workflow(Pairs(root, "env"), [.. ((YamlMappingNode)Find(root, "jobs")!).Children.Select(j => JobOf(j.Key.ToString(), (YamlMappingNode)j.Value))]);
    }

    private static WorkflowJob JobOf(string id, YamlMappingNode job) => new(
        id,
        Find(job, "needs") switch { YamlSequenceNode several => [.. several.Children.Select(n => n.ToString())], YamlScalarNode one => [one.ToString()], _ => [] },
        Find(job, "if")?.ToString(),
        Find(job, "environment") switch { YamlMappingNode named => Find(named, "name")?.ToString(), var plain => plain?.ToString() },
        Pairs(job, "env"),
        Pairs(job, "outputs"),
        Find(job, "services") is YamlMappingNode services
            ? [.. services.Children.Select(s => new JobService(s.Key.ToString(), Find((YamlMappingNode)s.Value, "image")!.ToString(), Pairs((YamlMappingNode)s.Value, "env")))]
            : [],
        [.. ((YamlSequenceNode)Find(job, "steps")!).Children.Select((s, at) => StepOf((YamlMappingNode)s, at))],
        MatrixOf(Find(job, "strategy") is YamlMappingNode strategy ? Find(strategy, "matrix") as YamlMappingNode : null));

    private static WorkflowStep StepOf(YamlMappingNode step, int at) => new(
        Find(step, "id")?.ToString() ?? $"{Find(step, "uses")?.ToString() ?? "run"} {at + 1}",
        Find(step, "uses")?.ToString(), Find(step, "run")?.ToString(), Find(step, "if")?.ToString(), Pairs(step, "with"), Pairs(step, "env"));

    /// <summary>Of one or several dimensions: every combination.</summary>
    private static ImmutableArray<ImmutableDictionary<string, object?>> MatrixOf(YamlMappingNode? matrix)
    {
        IEnumerable<ImmutableDictionary<string, object?>> all = [ImmutableDictionary<string, object?>.Empty];
        foreach (var (name, values) in matrix is null ? [] : matrix.Children.ToArray())
            all = [.. all.SelectMany(one => ((YamlSequenceNode)values).Children.Select(v => one.SetItem(name.ToString(), v.ToString())))];
        return [.. all];
    }

    private static YamlNode? Find(YamlMappingNode node, string key) => node.Children.FirstOrDefault(c => c.Key.ToString() == key).Value;

    private static ImmutableArray<(string Name, string Value)> Pairs(YamlMappingNode node, string key) =>
        Find(node, key) is YamlMappingNode pairs ? [.. pairs.Children.Select(c => (c.Key.ToString(), c.Value.ToString()))] : [];
}
