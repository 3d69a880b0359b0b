using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>Turns what <c>safe-deploy.yml</c> holds into a <see cref="DeployConfig"/>, or into all that is wrong with it at once.</summary>
public sealed class ConfigReader
{
    private readonly ConfigRequest _request;
    private readonly ProblemList _problems = new();
    private readonly SecretTexts _secrets = new();
    private readonly ScalarReader _scalars;

    private ConfigReader(ConfigRequest request)
    {
        _request = request;
        _scalars = new ScalarReader(new Interpolation(request.Variables, _secrets, _problems), _secrets, _problems);
    }

    /// <summary>Reads the tree of one file. Pure: no file, no environment but the one in <paramref name="request"/>.</summary>
    public static ConfigReading Read(ConfigNode root, ConfigRequest request) => new ConfigReader(request).Read(root);

    private ConfigReading Read(ConfigNode root)
    {
        if (Overlay.Unique(root, Twice) is ConfigNode.Mapping file)
        {
            var config = Read(file);
            if (_problems.IsEmpty)
                return new ConfigReading(config, [], 0, _secrets.All);
        }
        else
        {
            new WalkProblems(_problems).WrongShape(
                new Place(root.Mark, ""), "a mapping (key: value)", Shown.Kind(root), "begin the file with: version: 1");
        }

        var found = _problems.InOrder;
        var shown = found.Take(ConfigReading.MostProblems).ToImmutableArray();
        return new ConfigReading(null, shown, found.Length - shown.Length, _secrets.All);
    }

    private DeployConfig? Read(ConfigNode.Mapping file)
    {
        var top = new Place(file.Mark, "");
        var merged = new EnvironmentOverlays(_scalars.WithoutVariables(), _problems).Apply(file, _request.Environment);
        foreach (var input in _request.Inputs)
            merged = Overlay.Set(merged, input);
        var walk = new SchemaWalk(_scalars, _problems, isOverlay: false);
        var values = walk.Section(ConfigSchema.Root, merged, top);
        if (values is null || !_problems.IsEmpty)
            return null;
        walk.Marks.Remove("");
        var config = ConfigBuilder.Build(values, _request.Environment ?? "default") with
        {
            Marks = walk.Marks.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
        new ConfigRules(config, top, _problems).Check();
        return config;
    }

    private void Twice(ConfigEntry entry, ConfigEntry first) => _problems.Add(
        ConfigProblems.DuplicateKey, new Place(entry.KeyMark, ""),
        $"the key {Shown.Quoted(entry.Key)} stands twice; first at {first.KeyMark}", "remove one of the two");
}
