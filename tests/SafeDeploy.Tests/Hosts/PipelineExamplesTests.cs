using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.Azure;
using SafeDeploy.Tests.Architecture;
using YamlDotNet.RepresentationModel;

namespace SafeDeploy.Tests.Hosts;

/// <summary>The example pipelines for Azure: readable, and asking for steps and inputs that exist.</summary>
public sealed class PipelineExamplesTests
{
    private static readonly IReadOnlyList<string> Examples = Repository.Files("azdo-task/examples", "*.yml");

    [Fact]
    public void Every_step_of_ours_has_only_inputs_that_exist()
    {
        Assert.Equal(4, Examples.Count);
        var found = Examples.SelectMany(file => Tasks(Read(file)).Select(task => (file, task))).ToArray();
        Assert.Equal(Examples.Count, found.Select(f => f.file).Distinct().Count());
        Repository.AssertNone(
            from one in found
            from wrong in Wrong(one.task)
            select $"{one.file}: {wrong}");
    }

    /// <summary>An agent that dies runs no post: an example that deploys says what ends it then.</summary>
    [Fact]
    public void Every_example_that_deploys_has_a_way_to_recover() => Repository.AssertNone(
        from file in Examples
        let steps = Tasks(Read(file)).Select(t => t.GetValueOrDefault("step", HostModel.DefaultVerb)).ToArray()
        where !steps.All(s => s == "plan") && !steps.Contains("recover")
        select file);

    private static IEnumerable<string> Wrong(Dictionary<string, string> inputs)
    {
        var step = inputs.GetValueOrDefault("step", HostModel.DefaultVerb);
        // A template's own parameter: which step it is, is known where it is extended.
        var isOpen = step.StartsWith("${{", StringComparison.Ordinal);
        if (!isOpen && HostModel.Verb(step) is null)
            yield return $"there is no step {step}";
        var known = HostModel.InputsOn(CiHosts.Azure).Where(i => isOpen || i.IsOf(step)).Select(i => AzureInputs.Name(i.Name)).Append("step").ToHashSet();
        foreach (var name in inputs.Keys.Where(n => !known.Contains(n)))
            yield return $"{step} has no {name}";
    }

    private static YamlNode Read(string file)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Repository.Read(file)));
        return yaml.Documents[0].RootNode;
    }

    private static IEnumerable<Dictionary<string, string>> Tasks(YamlNode node) => node switch
    {
        YamlMappingNode map => (map.Children.TryGetValue("task", out var task) && task.ToString() == "SafeDeploy@1"
            ? [((YamlMappingNode)map.Children["inputs"]).Children.ToDictionary(i => i.Key.ToString(), i => i.Value.ToString())]
            : Enumerable.Empty<Dictionary<string, string>>()).Concat(map.Children.Values.SelectMany(Tasks)),
        YamlSequenceNode list => list.Children.SelectMany(Tasks),
        _ => [],
    };
}
