using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Config;

/// <summary>The problems that a walk meets, each in its five parts.</summary>
internal sealed class WalkProblems(ProblemList problems)
{
    public void UnknownKey(Place place, string key, SectionShape shape, string section)
    {
        var known = shape.Fields.Where(f => f.IsBuilt).Select(f => f.Name).ToList();
        var nearest = NearestKey.Of(key, known);
        var elsewhere = nearest is null ? KeyPaths.Of(key) : null;
        var where = section.Length == 0 ? "at the top of the file" : $"under {Shown.Bare(section)}";
        var hint = nearest is not null ? $"write {nearest}"
            : elsewhere is not null ? $"move it: the key is {elsewhere}"
            : "remove it";
        var list = known.Count == 0 ? "" : $"; known here: {string.Join(", ", known)}";
        Report(ConfigProblems.UnknownKey, place, $"unknown key {Shown.Quoted(key)} {where}", hint + list);
    }

    public void WrongShape(Place place, string expected, string found, string next) =>
        Report(ConfigProblems.WrongShape, place, $"{Name(place)} is {found}; accepted: {expected}", next);

    public void NoValue(Place place, ConfigField field, string found)
    {
        var accepted = field.Shape switch
        {
            FieldShape.One one => one.Type.Accepts,
            FieldShape.Many => "a list",
            FieldShape.Sections => "a list of mappings",
            _ => "a mapping (key: value)",
        };
        Report(ConfigProblems.BadValue, place, $"{Name(place)} has no value: {found}; accepted: {accepted}", "write a value, or remove the key");
    }

    public void BadValue(Place place, ScalarType type, string found, string why)
    {
        var reason = why.Length == 0 ? "" : $": {why}";
        var word = type.Choices.Length > 0 ? "one of " : "";
        var nearest = found.StartsWith('"') ? NearestKey.Of(found.Trim('"'), type.Choices) : null;
        var next = nearest is not null ? $"write {nearest}" : $"write {word}{type.Accepts}";
        Report(ConfigProblems.BadValue, place, $"{Name(place)} is {found}{reason}; accepted: {word}{type.Accepts}", next);
    }

    public void EmptyList(Place place, ScalarType item) => Report(
        ConfigProblems.BadValue, place, $"{Name(place)} is an empty list", $"write at least one item: {item.Accepts}; or remove the key");

    public void BadName(Place place, ScalarType key) => Report(
        ConfigProblems.BadValue, place, $"the name {Shown.Quoted(place.Path[(place.Path.LastIndexOf('.') + 1)..])} is not accepted",
        $"write {key.Accepts}");

    public void Missing(Place section, ConfigField field)
    {
        var path = section.Below(field.Name, section.Mark).Path;
        var because = field.RequiredWith is { } with ? $", which {with.Key}: {with.Value} needs" : "";
        var value = field.Shape is FieldShape.One one ? $": {one.Type.Accepts}" : "";
        Report(ConfigProblems.MissingKey, section, $"{path} is missing{because}", $"add {field.Name}{value}");
    }

    public void Misplaced(Place place, ConfigField field, Condition only, string found) => Report(
        ConfigProblems.KeyMisplaced, place, $"{Name(place)} belongs to {only.Key}: {only.Value}, and {only.Key} is {Shown.Bare(found)}",
        $"remove {field.Name}, or write {only.Key}: {only.Value}");

    public void Exclude(Place place, ImmutableArray<string> keys, SourceMark first) => Report(
        ConfigProblems.KeysExclude, place, $"{string.Join(" and ", keys)} exclude each other; {keys[0]} stands at {first}",
        $"keep one of {string.Join(", ", keys)}; in an environment, write {keys[0]}: null to take away the inherited one");

    public void NoneOf(Place place, ImmutableArray<string> keys)
    {
        var section = place.Path.Length == 0 ? "the file" : Shown.Bare(place.Path);
        Report(ConfigProblems.NoneOfKeys, place, $"{section} has none of {string.Join(", ", keys)}", $"add one of {string.Join(", ", keys)}");
    }

    public void KeyNotBuilt(Place place, ConfigField field) => Report(
        ConfigProblems.NotInThisVersion, place, $"{Name(place)} is not in this version", $"remove {field.Name}");

    public void ValueNotBuilt(Place place, ConfigField field, string asked)
    {
        var built = field.Shape is FieldShape.One one ? one.Type.Accepts : "";
        Report(ConfigProblems.NotInThisVersion, place, $"{Name(place)}: {asked} is not in this version", $"use what is: {built}");
    }

    private static string Name(Place place) => place.Path.Length == 0 ? "the file" : Shown.Bare(place.Path);

    private void Report(ProblemInfo info, Place place, string what, string next) =>
        problems.Add(info, place, what, next);
}
