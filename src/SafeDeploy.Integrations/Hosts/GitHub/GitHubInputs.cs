using System.Collections.Immutable;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>The inputs of a container action, from <c>INPUT_*</c>. Pure.</summary>
public static class GitHubInputs
{
    private const string Prefix = "INPUT_";
    public static readonly InputWords Words = new(CiHosts.GitHub, "action/README.md", input => input, input => $"with: {input}");

    private const string Inside = "/github/workspace";

    /// <summary>By input name. A host path of the workspace in the middle of a value is written as the container sees it: the runner does that only at its start.</summary>
    public static ImmutableDictionary<string, string> Read(ImmutableDictionary<string, string> variables)
    {
        var host = HostWorkspace(variables);
        return HostModel.Inputs.Select(i => i.Name).Append("step")
            .Select(name => (name, Value: variables.GetValueOrDefault(Variable(name), "")))
            .ToImmutableDictionary(i => i.name, i => host is null ? i.Value : Translate(i.Value, host), StringComparer.Ordinal);
    }

    /// <summary>The runner only warns of them.</summary>
    public static IEnumerable<WrongInput> Unknown(ImmutableDictionary<string, string> variables) => UnknownInputs.Near(variables, Prefix, Variable, Words);

    /// <summary>The runner keeps the hyphen.</summary>
    public static string Variable(string input) => Prefix + input.ToUpperInvariant().Replace(' ', '_');

    /// <summary>Parent of the workspace on the host, and the repository's folder in it.</summary>
    private static string? HostWorkspace(ImmutableDictionary<string, string> variables)
    {
        var parent = variables.GetValueOrDefault("RUNNER_WORKSPACE", "").TrimEnd('/');
        var repository = variables.GetValueOrDefault("GITHUB_REPOSITORY", "");
        return parent.Length == 0 || repository.Length == 0 || variables.GetValueOrDefault("GITHUB_WORKSPACE", "") != Inside
            ? null
            : $"{parent}/{repository.Split('/')[^1]}";
    }

    private static string Translate(string value, string host) =>
        value.Replace(host + "/", Inside + "/", StringComparison.Ordinal) is var changed && changed.EndsWith(host, StringComparison.Ordinal)
            ? string.Concat(changed.AsSpan(0, changed.Length - host.Length), Inside)
            : changed;
}
