using System.Diagnostics;
using SafeDeploy.Integrations.Hosts;
using YamlDotNet.RepresentationModel;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>Our own workflows and the examples: read by GitHub's parser, linted, and asking for inputs that exist.</summary>
public sealed class WorkflowsTests
{
    private static string[] Workflows =>
    [
        .. Directory.GetFiles(Path.Combine(TestServers.RepositoryRoot, ".github", "workflows"), "*.yml"),
        .. Directory.GetFiles(Path.Combine(TestServers.RepositoryRoot, "action", "examples"), "*.yml"),
    ];

    [Theory]
    [InlineData("parse.mjs")]
    [InlineData("lint.mjs")]
    public async Task Every_workflow_is_accepted(string script)
    {
        using var node = Process.Start(new ProcessStartInfo("node", [script, .. Workflows]) { WorkingDirectory = Contracts.Home, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await node.StandardOutput.ReadToEndAsync() + await node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, said);
    }

    [Fact]
    public void Every_step_of_ours_has_only_inputs_that_exist()
    {
        var wrong =
            from file in Workflows
            from step in Steps(file)
            let uses = Text(step, "uses")
            where uses.StartsWith("safe-deploy/migrate", StringComparison.Ordinal) || uses.StartsWith("./", StringComparison.Ordinal)
            let inputs = Map(step, "with")
            let verb = uses.Contains("action/", StringComparison.Ordinal) ? uses.Split('/')[^1].Split('@')[0] : inputs.GetValueOrDefault("step", HostModel.DefaultVerb)
            from name in inputs.Keys.Append(HostModel.Verb(verb) is null ? $"(step {verb})" : "step")
            where name != "step" && !HostModel.InputsOf(verb).Any(i => i.Name == name)
            select $"{Path.GetFileName(file)}: {verb} has no {name}";
        Assert.Empty(wrong);
    }

    private static IEnumerable<YamlMappingNode> Steps(string file)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(file)));
        var jobs = (YamlMappingNode)((YamlMappingNode)yaml.Documents[0].RootNode).Children[new YamlScalarNode("jobs")];
        return jobs.Children.Values.Cast<YamlMappingNode>().SelectMany(job => ((YamlSequenceNode)job.Children[new YamlScalarNode("steps")]).Children.Cast<YamlMappingNode>());
    }

    private static string Text(YamlMappingNode node, string key) => node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value.ToString() : "";

    private static Dictionary<string, string> Map(YamlMappingNode node, string key) => node.Children.TryGetValue(new YamlScalarNode(key), out var value)
        ? ((YamlMappingNode)value).Children.ToDictionary(c => c.Key.ToString(), c => c.Value.ToString())
        : [];
}
