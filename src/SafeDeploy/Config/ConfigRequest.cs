using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Config;

/// <summary>What the reader needs besides the file.</summary>
/// <param name="Environment">The environment to overlay; null = none.</param>
/// <param name="Variables">What <c>${NAME}</c> may refer to: the process's environment, passed in.</param>
/// <param name="Inputs">Values that win over the file, in order. May be empty.</param>
public sealed record ConfigRequest(
    string? Environment, ImmutableDictionary<string, string> Variables, ImmutableArray<ConfigInput> Inputs);

/// <summary>One value given outside the file.</summary>
/// <param name="Name">As the person wrote it, e.g. <c>--image</c>; for messages.</param>
/// <param name="Path">The key it stands for, e.g. <c>deploy.image</c>.</param>
public sealed record ConfigInput(string Name, string Path, string Value);

/// <summary>The outcome of reading: a configuration, or the problems that prevent one.</summary>
/// <param name="Config">Null when there are problems.</param>
/// <param name="Problems">In the order of the file; at most <see cref="MostProblems"/>. Empty when there is a configuration.</param>
/// <param name="Omitted">How many more problems there are.</param>
/// <param name="Secrets">Every text that no sink may show, also when reading failed.</param>
public sealed record ConfigReading(
    DeployConfig? Config, ImmutableArray<Problem> Problems, int Omitted, ImmutableArray<Secret> Secrets)
{
    /// <summary>More than a screen of errors helps nobody.</summary>
    public const int MostProblems = 20;

    public static ConfigReading Failed(Problem problem) => new(null, [problem], 0, []);
}
