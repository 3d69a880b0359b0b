using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Config;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>Inputs of a CI step as a command line. Pure.</summary>
public static class HostCommandLine
{
    /// <param name="values">By input name; a missing or empty one is not given.</param>
    /// <returns>The arguments, or what is wrong with the inputs, as this host's people write them.</returns>
    public static (ImmutableArray<string> Arguments, ImmutableArray<WrongInput> Wrong) Of(string verb, ImmutableDictionary<string, string> values, InputWords words)
    {
        if (HostModel.Verb(verb) is null)
            return ([], [words.Wrong("step", $"\"{verb}\" is not known; accepted: {string.Join(", ", HostModel.Verbs.Select(v => v.Name))}")]);
        var wrong = HostModel.InputsOn(words.Host).Where(i => i.IsOf(verb)).Select(i => (i.Name, Why: Wrong(i, Value(i, values)))).Where(w => w.Why is not null)
            .Select(w => words.Wrong(w.Name, w.Why!)).Concat(DryRun(verb, values, words)).ToImmutableArray();
        return ([verb, .. HostModel.InputsOf(verb).SelectMany(i => Arguments(i, Value(i, values)))], wrong);
    }

    /// <summary>Of all inputs of another step this one must not be passed over: the step would be a real one.</summary>
    private static IEnumerable<WrongInput> DryRun(string verb, ImmutableDictionary<string, string> values, InputWords words)
    {
        var input = HostModel.Inputs.Single(i => i.Name == "dry-run");
        if (!input.IsOf(verb) && HostModel.Verb(verb)!.HasHook && Value(input, values) == "true")
            yield return words.Wrong(input.Name, $"\"true\": {verb} has no dry run and would be a real one; step plan tells in advance what it would do");
    }

    private static string Value(HostInput input, ImmutableDictionary<string, string> values) =>
        values.TryGetValue(input.Name, out var given) ? given.Trim() : "";

    private static string? Wrong(HostInput input, string value) => input switch
    {
        { Kind: InputKind.Flag } when value is not ("" or "true" or "false") => $"\"{value}\" is not known; accepted: true, false",
        { Words.IsEmpty: false } when Lines(value).FirstOrDefault(v => !input.Words.Contains(v)) is { } word => $"\"{word}\" is not known; accepted: {string.Join(", ", input.Words)}",
        // A value that begins like an option would be read as one.
        { Kind: InputKind.Text or InputKind.Lines } when Lines(value).Any(v => v.StartsWith('-')) => $"\"{value}\" begins with a hyphen",
        // The post step needs it when something has to go back: too late to learn that it cannot be read.
        { Form: InputForm.Duration } when value.Length > 0 && Duration.TryParse(value) is null => $"\"{value}\" is no duration; accepted: 250ms, 5s, 2m, 1h",
        { Form: InputForm.Number } when value.Length > 0 && !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) => $"\"{value}\" is no number; accepted: 0, 1, 2 and so on",
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
