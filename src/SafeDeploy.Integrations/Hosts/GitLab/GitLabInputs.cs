using System.Collections.Immutable;
using System.Text.Json;
using SafeDeploy.Config;

namespace SafeDeploy.Integrations.Hosts.GitLab;

/// <summary>The inputs of a job, from its variables. Pure.</summary>
public static class GitLabInputs
{
    private const string Prefix = "SAFE_DEPLOY_INPUT_";

    public static readonly InputWords Words = new(
        CiHosts.GitLab, "gitlab/README.md", input => input, input => $"inputs: {input} of the component, or the variable {Variable(input)} of a job of your own");

    /// <summary>The masked variable with the token for notes and issues; no input: those stand readable in the pipeline's configuration.</summary>
    public const string Token = "SAFE_DEPLOY_GITLAB_TOKEN";

    /// <summary>By input name; one that the job does not set has its default, as a manifest would give it. Set to nothing, it is empty.</summary>
    public static ImmutableDictionary<string, string> Read(ImmutableDictionary<string, string> variables) =>
        HostModel.Inputs.Select(i => (i.Name, Value: Value(i, variables.GetValueOrDefault(Variable(i.Name)))))
            .Append((Name: "step", Value: variables.GetValueOrDefault(Variable("step"), "")))
            .ToImmutableDictionary(i => i.Name, i => i.Value, StringComparer.Ordinal);

    /// <summary><c>dry-run</c> is <c>SAFE_DEPLOY_INPUT_DRY_RUN</c>: a variable has no hyphen.</summary>
    public static string Variable(string input) => Prefix + input.ToUpperInvariant().Replace('-', '_');

    /// <summary>GitLab refuses a component's input that does not exist, and takes any variable; this prefix is ours alone.</summary>
    public static IEnumerable<WrongInput> Unknown(ImmutableDictionary<string, string> variables)
    {
        var known = UnknownInputs.Names(Words.Host).Select(Variable).ToImmutableArray();
        return UnknownInputs.Strangers(variables, Prefix, known).Select(name => new WrongInput(
            $"no input has the variable {name}{(NearestKey.Of(name[Prefix.Length..], known.Select(k => k[Prefix.Length..])) is { } nearest ? $"; the nearest is {Prefix}{nearest}" : "")}", $"variables: {name}"));
    }

    private static string Value(HostInput input, string? given) => given switch
    {
        // An expression is another host's.
        null => input.Default.Contains("${{", StringComparison.Ordinal) ? "" : input.Default,
        _ when input.Kind == InputKind.Lines => Lines(given),
        _ => given,
    };

    /// <summary>A component's input of type array arrives as JSON on one line; a variable of one's own may simply have several lines.</summary>
    private static string Lines(string given)
    {
        if (!given.TrimStart().StartsWith('['))
            return given;
        try
        {
            return string.Join('\n', JsonSerializer.Deserialize(given, GitLabJson.Default.StringArray) ?? []);
        }
        catch (JsonException)
        {
            // A file may be called so: then it is one line.
            return given;
        }
    }
}
