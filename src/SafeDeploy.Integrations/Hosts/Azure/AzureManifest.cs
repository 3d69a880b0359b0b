using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>The task's manifest and its input tables, made from <see cref="HostModel"/>. Pure.</summary>
/// <remarks>azure-pipelines-task-lib, <c>tasks.schema.json</c>.</remarks>
public static class AzureManifest
{
    /// <summary>Of the task for ever: an organization knows it by this.</summary>
    public const string Id = "9a0a4c8e-5a0c-4f57-9f0e-2f3c1b6d7e41";

    /// <summary>What pipelines write after the @; another one when inputs break.</summary>
    private const int Major = 1;

    /// <summary>
    /// The oldest agent that starts the task: of two handlers it takes the newest that it has, and this one has Node20_1. The agent's source has that
    /// handler from v3.230.2; 3.232.1 is what Microsoft's guide for tasks named first (azure-pipelines-tasks, docs/migrateNode20.md).
    /// </summary>
    public const string MinimumAgent = "3.232.1";

    /// <summary>Oldest first.</summary>
    private static readonly ImmutableArray<string> NodeHandlers = ["Node20_1", "Node24"];

    private static readonly ImmutableArray<(string Name, string Title)> Groups = [("release", "Release"), ("risk", "Plan and risk"), ("shown", "What is shown"), ("runs", "How it runs")];

    private static readonly ImmutableArray<string> Runs = ["run-in", "container-image", "rollback-within", "docker-host"];

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>The task's version: its own major, then the program's three numbers as two, so that a newer program is always a newer task.</summary>
    /// <param name="program">Three numbers.</param>
    public static (int Major, int Minor, int Patch) Version(string program)
    {
        var numbers = program.Split('.').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return (Major, (numbers[0] * 100) + numbers[1], numbers[2]);
    }

    /// <summary><c>task.json</c>.</summary>
    /// <param name="version">Of the program.</param>
    public static string Task(string version)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Indented))
            Write(json, version);
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    /// <summary><c>vss-extension.json</c>: what the marketplace shows, and which folder is the task.</summary>
    public static string Extension(string version)
    {
        var (major, minor, patch) = Version(version);
        return $$"""
            {
              "manifestVersion": 1,
              "id": "safe-deploy",
              "publisher": "safe-deploy",
              "name": "safe-deploy",
              "version": "{{major}}.{{minor}}.{{patch}}",
              "description": "Releases of multi-tenant PostgreSQL backends as one recorded, reversible thing: risk before the merge, a verified backup, tenants in waves, automatic rollback.",
              "categories": [ "Azure Pipelines" ],
              "tags": [ "deploy", "rollback", "postgresql", "migrations", "multi-tenant" ],
              "targets": [ { "id": "Microsoft.VisualStudio.Services" } ],
              "content": {
                "details": { "path": "README.md" },
                "license": { "path": "LICENSE" }
              },
              "links": {
                "getstarted": { "uri": "https://github.com/safe-deploy/migrate/blob/main/docs/guides/azure-pipelines.md" },
                "repository": { "uri": "https://github.com/safe-deploy/migrate" }
              },
              "repository": { "type": "git", "uri": "https://github.com/safe-deploy/migrate" },
              "scopes": [],
              "files": [ { "path": "task" } ],
              "contributions": [
                {
                  "id": "safe-deploy-task",
                  "type": "ms.vss-distributed-task.task",
                  "targets": [ "ms.vss-distributed-task.tasks" ],
                  "properties": { "name": "task" }
                }
              ]
            }

            """;
    }

    private static void Write(Utf8JsonWriter json, string version)
    {
        json.WriteStartObject();
        json.WriteString("$schema", "https://raw.githubusercontent.com/Microsoft/azure-pipelines-task-lib/master/tasks.schema.json");
        json.WriteString("id", Id);
        json.WriteString("name", "SafeDeploy");
        json.WriteString("friendlyName", "safe-deploy");
        json.WriteString("description", "Releases of multi-tenant backends as one recorded, reversible thing; rolls back by itself.");
        json.WriteString("helpUrl", "https://github.com/safe-deploy/migrate/blob/main/docs/guides/azure-pipelines.md");
        json.WriteString("helpMarkDown", "[Inputs, outputs and examples](https://github.com/safe-deploy/migrate/blob/main/azdo-task/README.md)");
        json.WriteString("category", "Deploy");
        Texts(json, "visibility", ["Build", "Release"]);
        Texts(json, "runsOn", ["Agent", "DeploymentGroup"]);
        json.WriteString("author", "safe-deploy");
        var (major, minor, patch) = Version(version);
        json.WriteStartObject("version");
        json.WriteNumber("Major", major);
        json.WriteNumber("Minor", minor);
        json.WriteNumber("Patch", patch);
        json.WriteEndObject();
        json.WriteString("minimumAgentVersion", MinimumAgent);
        json.WriteString("instanceNameFormat", "safe-deploy $(step)");
        json.WriteStartArray("groups");
        foreach (var (name, title) in Groups)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("displayName", title);
            json.WriteBoolean("isExpanded", name == "release");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Inputs(json);
        Outputs(json);
        foreach (var (phase, file) in new[] { ("execution", "main.js"), ("postjobexecution", "post.js") })
            Handlers(json, phase, file);
        json.WriteEndObject();
    }

    private static void Inputs(Utf8JsonWriter json)
    {
        json.WriteStartArray("inputs");
        json.WriteStartObject();
        json.WriteString("name", "step");
        json.WriteString("type", "pickList");
        json.WriteString("label", "Step");
        json.WriteString("defaultValue", HostModel.DefaultVerb);
        json.WriteBoolean("required", true);
        json.WriteString("helpMarkDown", string.Join(' ', HostModel.Verbs.Select(v => $"{v.Name}: {v.Description}")));
        Options(json, HostModel.Verbs.Select(v => v.Name));
        json.WriteEndObject();
        foreach (var input in HostModel.InputsOn(CiHosts.Azure))
            Input(json, input);
        json.WriteEndArray();
    }

    private static void Input(Utf8JsonWriter json, HostInput input)
    {
        var type = TypeOf(input);
        json.WriteStartObject();
        json.WriteString("name", AzureInputs.Name(input.Name));
        json.WriteString("type", type);
        json.WriteString("label", Label(input.Name));
        json.WriteString("defaultValue", DefaultOf(input));
        json.WriteBoolean("required", false);
        json.WriteString("groupName", GroupOf(input));
        if (!input.Verbs.IsEmpty)
            json.WriteString("visibleRule", string.Join(" || ", input.Verbs.Select(v => $"step = {v}")));
        json.WriteString("helpMarkDown", Description(input));
        if (type == "pickList")
            Options(json, input.Words);
        json.WriteEndObject();
    }

    private static void Outputs(Utf8JsonWriter json)
    {
        json.WriteStartArray("outputVariables");
        foreach (var output in HostModel.Outputs)
        {
            json.WriteStartObject();
            json.WriteString("name", AzureInputs.Name(output.Name));
            json.WriteString("description", output.Description);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        // A command that got through nevertheless could set no variable of the pipeline but these.
        json.WriteStartObject("restrictions");
        json.WriteStartObject("settableVariables");
        Texts(json, "allowed", HostModel.Outputs.Select(o => AzureInputs.Name(o.Name)));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Handlers(Utf8JsonWriter json, string phase, string file)
    {
        json.WriteStartObject(phase);
        foreach (var handler in NodeHandlers)
        {
            json.WriteStartObject(handler);
            json.WriteString("target", file);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary><c>azdo-task/README.md</c>.</summary>
    public static string Tables()
    {
        var text = new StringBuilder("# Inputs and outputs of the task\n\n<!-- Generated from HostModel; write it with: ACCEPT=1 ./build check -->\n\n");
        text.Append("`- task: SafeDeploy@1` with `step:`. [The guide](https://github.com/safe-deploy/migrate/blob/main/docs/guides/azure-pipelines.md) says how it behaves.\n\n");
        text.Append("| step | what it does | watched by the post-job step |\n|---|---|---|\n");
        foreach (var verb in HostModel.Verbs)
            text.Append($"| `{verb.Name}` | {verb.Description} | {(verb.HasHook ? "yes" : "no")} |\n");
        text.Append("\n## Inputs\n\n| input | steps | default | meaning |\n|---|---|---|---|\n| `step` | | `run` | The step. |\n");
        foreach (var input in HostModel.InputsOn(CiHosts.Azure))
            text.Append($"| `{AzureInputs.Name(input.Name)}` | {(input.Verbs.IsEmpty ? "all" : string.Join(", ", input.Verbs))} | {(DefaultOf(input).Length > 0 ? $"`{DefaultOf(input)}`" : "")} | {Description(input)} |\n");
        text.Append("\n## Outputs\n\nLater steps of the job read `$(NAME.output)`, where NAME is the `name:` of the step.\n\n| output | meaning |\n|---|---|\n");
        foreach (var output in HostModel.Outputs)
            text.Append($"| `{AzureInputs.Name(output.Name)}` | {output.Description} |\n");
        return text.ToString();
    }

    private static string TypeOf(HostInput input) => input switch
    {
        { Name: "github-connection" } => "connectedService:github:OAuth,PersonalAccessToken,InstallationToken,Token",
        { Kind: InputKind.Flag } or { Words: ["true", "false"] } => "boolean",
        { Kind: InputKind.Lines } => "multiLine",
        { Words.IsEmpty: false } => "pickList",
        _ => "string",
    };

    private static string DefaultOf(HostInput input) => input.Kind == InputKind.Flag && input.Default.Length == 0 ? "false" : input.Default;

    private static string GroupOf(HostInput input) => input switch
    {
        _ when Runs.Contains(input.Name) => "runs",
        { Verbs: ["plan"] } => "risk",
        { Kind: InputKind.Host } => "shown",
        _ => "release",
    };

    /// <summary>Names of other inputs in a description, as Azure writes them.</summary>
    private static string Description(HostInput input) =>
        HostModel.InputsOn(CiHosts.Azure).Where(i => i.Name.Contains('-', StringComparison.Ordinal))
            .Aggregate(input.DescriptionOn(CiHosts.Azure), (text, other) => text.Replace($"{other.Name} ", $"{AzureInputs.Name(other.Name)} ", StringComparison.Ordinal));

    private static string Label(string name) => string.Concat(char.ToUpperInvariant(name[0]).ToString(), name.AsSpan(1)).Replace('-', ' ').Replace("Github", "GitHub", StringComparison.Ordinal);

    private static void Options(Utf8JsonWriter json, IEnumerable<string> words)
    {
        json.WriteStartObject("options");
        foreach (var word in words)
            json.WriteString(word, word);
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
