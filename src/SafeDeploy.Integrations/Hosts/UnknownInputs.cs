using System.Collections.Immutable;
using SafeDeploy.Config;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>Inputs that a host let through although no step has them: the dry run that somebody meant would be a real one. Pure.</summary>
public static class UnknownInputs
{
    private static readonly ImmutableArray<string> Step = ["step"];

    /// <summary>
    /// Only names that come near to an input's: the prefix <c>INPUT_</c> is nobody's own, and <c>INPUT_DIR</c> may be a variable of somebody's job.
    /// </summary>
    /// <param name="prefix">Of the variables in which the host hands inputs over.</param>
    /// <param name="variableOf">The variable of an input.</param>
    public static IEnumerable<WrongInput> Near(ImmutableDictionary<string, string> variables, string prefix, Func<string, string> variableOf, InputWords words)
    {
        var names = Names(words.Host);
        foreach (var name in Strangers(variables, prefix, names.Select(variableOf)).Select(v => v[prefix.Length..].ToLowerInvariant()))
            if (NearestKey.Of(name, names.Select(words.Name)) is { } nearest)
                yield return new WrongInput($"there is no input \"{name}\"; the nearest is {nearest}", words.Place(names.First(n => words.Name(n) == nearest)));
    }

    /// <summary>Every variable with the prefix that no input has, in order.</summary>
    public static IEnumerable<string> Strangers(ImmutableDictionary<string, string> variables, string prefix, IEnumerable<string> known) => variables.Keys
        .Where(v => v.StartsWith(prefix, StringComparison.Ordinal) && v.Length > prefix.Length)
        .Except(known, StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>The model's names of what a host has.</summary>
    public static ImmutableArray<string> Names(CiHosts host) => [.. HostModel.InputsOn(host).Select(i => i.Name), .. Step];
}
