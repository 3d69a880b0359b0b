namespace SafeDeploy.Config;

/// <summary>Checks everything under <c>environments</c> and merges the one asked for over the rest.</summary>
/// <remarks>The others are checked too: a misspelt key under <c>prod</c> is found in the pull request, not at night.</remarks>
internal sealed class EnvironmentOverlays(ScalarReader withoutVariables, ProblemList problems)
{
    private const string Key = "environments";

    private readonly WalkProblems _say = new(problems);

    public ConfigNode.Mapping Apply(ConfigNode.Mapping file, string? asked)
    {
        if (asked is not null && PlaceTypes.Project.Parse(asked, out _) is null)
            _say.BadValue(AskedFor(), PlaceTypes.Project, Shown.Quoted(asked), "");
        if (file.Find(Key) is not { } entry)
            return file;
        var rest = file with { Entries = file.Entries.Remove(entry) };
        var place = new Place(entry.Value.Mark, Key);
        if (entry.Value is not ConfigNode.Mapping environments)
        {
            _say.WrongShape(place, "a mapping of environments", Shown.Kind(entry.Value), "write NAME: { … } below it, or remove it");
            return rest;
        }

        foreach (var environment in environments.Entries)
            Check(environment, place.Below(environment.Key, environment.Value.Mark));
        if (asked is null)
            return rest;
        if (environments.Find(asked) is not { } chosen)
        {
            Unknown(asked, environments, entry.KeyMark);
            return rest;
        }

        return chosen.Value is ConfigNode.Mapping above ? Overlay.Merge(rest, above) : rest;
    }

    private void Check(ConfigEntry environment, Place place)
    {
        if (PlaceTypes.Project.Parse(environment.Key, out _) is null)
            _say.BadName(place with { Mark = environment.KeyMark }, PlaceTypes.Project);
        // "dev:" with nothing behind it names an environment that differs in nothing.
        if (environment.Value is ConfigNode.Scalar { IsEmpty: true } or ConfigNode.Scalar { IsNull: true })
            return;
        new SchemaWalk(withoutVariables, problems, isOverlay: true).Section(ConfigSchema.Overlay, environment.Value, place);
    }

    private void Unknown(string asked, ConfigNode.Mapping environments, SourceMark mark)
    {
        var known = environments.Entries.Select(e => Shown.Bare(e.Key)).ToList();
        var nearest = NearestKey.Of(asked, known);
        problems.Add(
            ConfigProblems.UnknownEnvironment, new Place(mark, Key),
            $"the environment {Shown.Quoted(asked)} is not among: {string.Join(", ", known)}",
            nearest is null ? $"ask for one of: {string.Join(", ", known)}; or add it under environments" : $"ask for {nearest}");
    }

    private static Place AskedFor() => new(new SourceMark.FromInput("--environment"), "environment");
}
