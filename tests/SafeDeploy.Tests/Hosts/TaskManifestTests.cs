using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.Azure;
using SafeDeploy.Tests.Architecture;

namespace SafeDeploy.Tests.Hosts;

/// <summary>The task's manifest by the rules of the vendor's schema (draft 04), as far as we use it: the tool that packs it checks none of them.</summary>
public sealed partial class TaskManifestTests
{
    private static readonly string[] Known =
    [
        "$schema", "id", "name", "friendlyName", "description", "helpUrl", "helpMarkDown", "category", "visibility", "runsOn", "author", "version", "minimumAgentVersion",
        "instanceNameFormat", "groups", "inputs", "outputVariables", "restrictions", "execution", "postjobexecution",
    ];

    private readonly JsonNode _task = JsonNode.Parse(Repository.Read("azdo-task/task/task.json"))!;

    [Fact]
    public void Its_head_is_as_the_schema_wants_it()
    {
        Assert.Equal(Known, _task.AsObject().Select(m => m.Key));
        Assert.True(Guid.TryParseExact(Text("id"), "D", out _));
        Assert.Matches("^[A-Za-z0-9\\-]+$", Text("name"));
        Assert.InRange(Text("friendlyName").Length, 1, 40);
        Assert.Contains(Text("category"), new[] { "Build", "Deploy", "Package", "Utility", "Test", "Tool" });
        Assert.All(_task["visibility"]!.AsArray(), v => Assert.Contains(v!.ToString(), new[] { "Build", "Release", "Preview" }));
        Assert.All(_task["runsOn"]!.AsArray(), v => Assert.Contains(v!.ToString(), new[] { "Agent", "MachineGroup", "Server", "DeploymentGroup", "ServerGate" }));
        Assert.Equal(["Major", "Minor", "Patch"], _task["version"]!.AsObject().Select(m => m.Key));
        Assert.All(_task["version"]!.AsObject(), m => Assert.True(m.Value!.GetValue<int>() >= 0));
        Assert.Equal(1, _task["version"]!["Major"]!.GetValue<int>());
        Assert.Equal(AzureManifest.MinimumAgent, Text("minimumAgentVersion"));
    }

    [Fact]
    public void The_oldest_agent_stands_in_the_guide() =>
        Assert.Contains($"Agent {AzureManifest.MinimumAgent} or newer", Repository.Read("docs/guides/azure-pipelines.md"), StringComparison.Ordinal);

    [Fact]
    public void Its_inputs_are_as_the_schema_wants_them_and_those_of_the_model()
    {
        var groups = _task["groups"]!.AsArray().Select(g => g!["name"]!.ToString()).ToHashSet();
        var inputs = _task["inputs"]!.AsArray();
        Assert.Equal(HostModel.InputsOn(CiHosts.Azure).Select(i => AzureInputs.Name(i.Name)).Prepend("step"), inputs.Select(i => i!["name"]!.ToString()));
        Assert.All(inputs, input =>
        {
            Assert.Matches(Name(), input!["name"]!.ToString());
            Assert.Matches(Type(), input["type"]!.ToString());
            Assert.NotEmpty(input["label"]!.ToString());
            Assert.NotEmpty(input["helpMarkDown"]!.ToString());
            Assert.True(input["groupName"] is not { } group || groups.Contains(group.ToString()));
            Assert.Equal(input["type"]!.ToString() == "pickList", input["options"] is not null);
            if (input["type"]!.ToString() == "boolean")
                Assert.Contains(input["defaultValue"]!.ToString(), new[] { "true", "false" });
            if (input["options"] is { } options)
                Assert.NotNull(options[input["defaultValue"]!.ToString()]);
        });
    }

    [Fact]
    public void Only_its_own_outputs_can_be_set_and_both_handlers_run_its_files()
    {
        var outputs = _task["outputVariables"]!.AsArray().Select(o => o!["name"]!.ToString()).ToArray();
        Assert.All(outputs, output => Assert.Matches(Name(), output));
        Assert.Equal(outputs, _task["restrictions"]!["settableVariables"]!["allowed"]!.AsArray().Select(a => a!.ToString()));
        foreach (var phase in new[] { "execution", "postjobexecution" })
        {
            Assert.Equal(["Node20_1", "Node24"], _task[phase]!.AsObject().Select(h => h.Key));
            Assert.All(_task[phase]!.AsObject(), h => Assert.True(File.Exists(Repository.PathOf("azdo-task", "task", h.Value!["target"]!.ToString()))));
        }
    }

    [Theory]
    [InlineData("0.1.0", 1, 1, 0)]
    [InlineData("0.9.12", 1, 9, 12)]
    [InlineData("1.0.0", 1, 100, 0)]
    [InlineData("2.3.4", 1, 203, 4)]
    public void A_newer_program_is_a_newer_task_of_the_same_major(string program, int major, int minor, int patch) =>
        Assert.Equal((major, minor, patch), AzureManifest.Version(program));

    [Theory]
    [InlineData("azdo-task/package-lock.json")]
    [InlineData("azdo-task/task/package-lock.json")]
    public void A_lock_file_names_no_place_to_download_from(string file)
    {
        var packages = JsonNode.Parse(Repository.Read(file))!["packages"]!.AsObject().Where(p => p.Key.Length > 0).ToArray();
        Assert.NotEmpty(packages);
        Assert.All(packages, p => Assert.True(p.Value!["resolved"] is null && p.Value["integrity"] is not null, p.Key));
    }

    private string Text(string name) => _task[name]!.ToString();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]*$")]
    private static partial Regex Name();

    [GeneratedRegex("^(boolean|filePath|multiLine|pickList|radio|secureFile|string|int|identities|querycontrol|connectedService:.+)$")]
    private static partial Regex Type();
}
