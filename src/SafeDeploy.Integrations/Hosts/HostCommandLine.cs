using System.Collections.Immutable;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>Inputs of a CI step as a command line. Pure.</summary>
public static class HostCommandLine
{
    /// <param name="values">By input name; a missing or empty one is not given.</param>
    /// <returns>The arguments, or what is wrong with the inputs.</returns>
    public static (ImmutableArray<string> Arguments, ImmutableArray<string> Wrong) Of(string verb, ImmutableDictionary<string, string> values)
    {
        if (HostModel.Verb(verb) is null)
            return ([], [$"step \"{verb}\" is not known; accepted: {string.Join(", ", HostModel.Verbs.Select(v => v.Name))}"]);
        var wrong = HostModel.InputsOf(verb).Select(i => Wrong(i, Value(i, values))).OfType<string>().ToImmutableArray();
        return ([verb, .. HostModel.InputsOf(verb).SelectMany(i => Arguments(i, Value(i, values)))], wrong);
    }

    private static string Value(HostInput input, ImmutableDictionary<string, string> values) =>
        values.TryGetValue(input.Name, out var given) ? given.Trim() : "";

    private static string? Wrong(HostInput input, string value) => input switch
    {
        { Kind: InputKind.Flag } when value is not ("" or "true" or "false") => $"{input.Name} \"{value}\" is not known; accepted: true, false",
        { Words.IsEmpty: false } when Lines(value).Any(v => !input.Words.Contains(v)) => $"{input.Name} \"{value}\" is not known; accepted: {string.Join(", ", input.Words)}",
        // A value that begins like an option would be read as one.
        { Kind: InputKind.Text or InputKind.Lines } when Lines(value).Any(v => v.StartsWith('-')) => $"{input.Name} \"{value}\" begins with a hyphen",
        _ => null,
    };

    private static IEnumerable<string> Arguments(HostInput input, string value) => input.Kind switch
    {
        InputKind.Text when value.Length > 0 => [input.Option, value],
        InputKind.Flag when value == "true" => [input.Option],
        InputKind.Lines => Lines(value).SelectMany(v => new[] { input.Option, v }),
        _ => [],
    };

    private static string[] Lines(string value) => value.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
