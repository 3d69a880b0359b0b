using System.Text.Json;
using System.Text.Json.Nodes;

namespace SafeDeploy.Tests.Harness;

/// <summary>The environment that the agent gives a task of the Node handlers.</summary>
internal sealed class AgentEnvironment(AgentOptions options, IReadOnlyDictionary<string, string> variables, IReadOnlySet<string> secretNames, string status)
{
    public IEnumerable<(string Name, string Value)> Of(AgentTask task, JsonNode manifest, IReadOnlyDictionary<string, string> taskVariables)
    {
        yield return ("PATH", Environment.GetEnvironmentVariable("PATH")!);
        yield return ("HOME", options.Root);
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } dotnet)
            yield return ("DOTNET_ROOT", dotnet);
        foreach (var pair in Own())
            yield return pair;
        foreach (var (name, value) in variables)
            if (!secretNames.Contains(name))
                yield return (Format(name), value);
        foreach (var name in secretNames)
            yield return ($"SECRET_{Format(name)}", variables[name]);
        yield return ("VSTS_PUBLIC_VARIABLES", JsonSerializer.Serialize(variables.Keys.Where(n => !secretNames.Contains(n))));
        yield return ("VSTS_SECRET_VARIABLES", JsonSerializer.Serialize(secretNames));
        foreach (var (name, value) in Inputs(task, manifest))
            yield return ($"INPUT_{Format(name)}", Expanded(value));
        foreach (var (name, value) in taskVariables)
            yield return ($"VSTS_TASKVARIABLE_{Format(name)}", value);
        foreach (var (name, value) in task.Env)
            yield return (name, Expanded(value));
    }

    private IEnumerable<(string, string)> Own() =>
    [
        ("TF_BUILD", "True"), ("AGENT_JOBSTATUS", status), ("agent.jobstatus", status), ("AGENT_VERSION", "4.255.0"), ("AGENT_TEMPDIRECTORY", options.Temp),
        ("AGENT_WORKFOLDER", Path.Combine(options.Root, "_work")), ("SYSTEM_DEFAULTWORKINGDIRECTORY", options.Workspace), ("BUILD_SOURCESDIRECTORY", options.Workspace),
        ("SYSTEM_COLLECTIONURI", options.CollectionUrl), ("SYSTEM_TEAMPROJECT", "point of sale"), ("SYSTEM_HOSTTYPE", "build"), ("SYSTEM_JOBID", "11111111-0000-0000-0000-000000000001"),
        ("SYSTEM_TASKINSTANCEID", "22222222-0000-0000-0000-000000000002"), ("BUILD_BUILDID", options.BuildId), ("BUILD_SOURCEVERSION", new string('b', 40)),
        ("BUILD_REPOSITORY_PROVIDER", "TfsGit"), ("BUILD_REPOSITORY_ID", "33333333-0000-0000-0000-000000000003"), ("BUILD_REPOSITORY_NAME", "pos"), ("BUILD_REQUESTEDFOR", "Ada"),
        ("ENDPOINT_URL_SYSTEMVSSCONNECTION", options.CollectionUrl), ("ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION", "OAuth"),
        ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", options.Token),
        ("ENDPOINT_AUTH_SYSTEMVSSCONNECTION", new JsonObject { ["parameters"] = new JsonObject { ["AccessToken"] = options.Token }, ["scheme"] = "OAuth" }.ToJsonString()),
    ];

    /// <summary>Also those that the manifest does not have.</summary>
    private static IEnumerable<(string, string)> Inputs(AgentTask task, JsonNode manifest) =>
        manifest["inputs"]!.AsArray().Select(input => (Name: input!["name"]!.ToString(), Value: input["defaultValue"]?.ToString() ?? ""))
            .Where(standard => !task.Inputs.Any(given => given.Name == standard.Name)).Concat(task.Inputs);

    /// <summary>A variable that is not defined stays as it was written.</summary>
    private string Expanded(string value) => variables.Aggregate(value, (text, v) => text.Replace($"$({v.Key})", v.Value, StringComparison.OrdinalIgnoreCase));

    private static string Format(string name) => name.Replace('.', '_').Replace(' ', '_').ToUpperInvariant();
}
