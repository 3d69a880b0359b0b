using System.Collections.Immutable;

namespace SafeDeploy.Tests.Harness;

/// <summary>The variables of an action's container, in the runner's order; later ones win unless said.</summary>
public sealed class StepEnvironment(JobOptions options, Expr expression)
{
    public const string Sha = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
    public const string Actor = "ada";

    public static readonly ImmutableArray<(string Folder, string Inside)> Mounts =
    [
        ("", "/github/runner_temp"), ("_github_home", "/github/home"), ("_github_workflow", "/github/workflow"), ("_runner_file_commands", "/github/file_commands"),
    ];

    public IReadOnlyDictionary<string, string> Of(JobStep step, FileCommands files, IEnumerable<KeyValuePair<string, string>> global, IEnumerable<KeyValuePair<string, string>> state)
    {
        var env = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in options.Env.Concat(global.Select(e => (e.Key, e.Value))).Concat(step.Env.Select(e => (e.Name, expression.Text(e.Value)))))
            env[name] = value;
        foreach (var (name, value) in state)
            env[$"STATE_{name}"] = value;
        foreach (var (name, value) in Inputs(step))
            env[$"INPUT_{name.ToUpperInvariant().Replace(' ', '_')}"] = value;
        foreach (var (name, value) in step.Uses!.Manifest.Env)
            env.TryAdd(name, value);
        env["HOME"] = Path.Combine(options.Temp, "_github_home");
        foreach (var (name, value) in GitHub().Concat(files.Variables).Concat(Runner()))
            env[name] = value;
        return env.ToDictionary(e => e.Key, e => Translated(e.Value), StringComparer.Ordinal);
    }

    /// <summary>The user's in their order, then the defaults of the rest; all evaluated now, for a post again.</summary>
    private IEnumerable<(string Name, string Value)> Inputs(JobStep step) => step.With.Select(w => (w.Name, expression.Text(w.Value)))
        .Concat(step.Uses!.Manifest.Inputs.Where(i => step.With.All(w => w.Name != i.Name)).Select(i => (i.Name, expression.Text(i.Default))));

    private IEnumerable<(string, string)> GitHub() =>
    [
        ("GITHUB_JOB", "deploy"), ("GITHUB_REPOSITORY", options.Repository), ("GITHUB_REPOSITORY_OWNER", options.Repository.Split('/')[0]),
        ("GITHUB_SHA", options.Sha), ("GITHUB_REF", $"refs/heads/{options.RefName}"), ("GITHUB_REF_NAME", options.RefName), ("GITHUB_REF_TYPE", "branch"),
        ("GITHUB_EVENT_NAME", "push"), ("GITHUB_ACTOR", Actor), ("GITHUB_RUN_ID", options.RunId), ("GITHUB_RUN_NUMBER", "1"), ("GITHUB_RUN_ATTEMPT", options.Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("GITHUB_WORKFLOW", "deploy"),
        ("GITHUB_SERVER_URL", "https://github.example"), ("GITHUB_API_URL", options.ApiUrl), ("GITHUB_WORKSPACE", options.Workspace),
        ("GITHUB_EVENT_PATH", Path.Combine(options.Temp, "_github_workflow", "event.json")),
    ];

    private IEnumerable<(string, string)> Runner() =>
    [
        ("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64"), ("RUNNER_NAME", "test"), ("RUNNER_TOOL_CACHE", Path.Combine(options.Root, "_tool")),
        ("RUNNER_TEMP", options.Temp), ("RUNNER_WORKSPACE", Path.GetDirectoryName(options.Workspace)!),
    ];

    /// <summary>A value that is a mounted host path, or begins with one, becomes the container's; nothing inside a value does.</summary>
    private string Translated(string value)
    {
        foreach (var (host, inside) in Mounts.Select(m => (Host: Path.Combine(options.Temp, m.Folder).TrimEnd('/'), m.Inside)).Append((Host: options.Workspace, Inside: "/github/workspace")).Reverse())
            if (value == host || value.StartsWith(host + "/", StringComparison.Ordinal))
                return inside + value[host.Length..];
        return value;
    }
}
