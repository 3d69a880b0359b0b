using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions.OnHosts;

/// <summary>Somebody else's task of Azure Pipelines: whatever one script of Node does.</summary>
public sealed class ScriptTask : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sd-script-").FullName;

    public ScriptTask(string script)
    {
        File.WriteAllText(Path.Combine(_folder, "script.js"), script);
        File.WriteAllText(Path.Combine(_folder, "task.json"), """{"inputs":[],"execution":{"Node20_1":{"target":"script.js"}}}""");
    }

    public AgentTask Task(string name) => new(name, _folder, []);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
