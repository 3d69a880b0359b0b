using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>A file of NAME=value lines, read as <c>docker run --env-file</c> reads it: no quotes, no interpolation.</summary>
public static class EnvFile
{
    public static ImmutableDictionary<string, string> Parse(string file, string text)
    {
        var values = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in text.TrimStart('\uFEFF').Split('\n').Select(l => l.TrimEnd('\r').TrimStart()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? line : line[..equals];
            // The value is not quoted in the message: it may be a secret.
            if (equals <= 0 || name.AsSpan().IndexOfAny(' ', '\t', '\0') >= 0)
                throw TargetProblems.EnvFileIsUnreadable($"{file}:{number}", $"line {number} is not NAME=value");
            values[name] = line[(equals + 1)..];
        }
        return values.ToImmutable();
    }

    /// <summary>What the file of a configuration holds that no sink may show; empty where there is none, or none that can be read: the target says so.</summary>
    public static async Task<ImmutableArray<string>> SecretsAsync(string baseDirectory, DeployConfig? config, CancellationToken cancellation)
    {
        if (config?.Deploy?.Target is not DeployTargetSettings.Docker { Settings.EnvFile: { } file })
            return [];
        try
        {
            return [.. VariableSecrets.In(await ReadAsync(baseDirectory, file, cancellation))];
        }
        catch (ProblemException)
        {
            return [];
        }
    }

    public static async Task<ImmutableDictionary<string, string>> ReadAsync(string baseDirectory, string file, CancellationToken cancellation)
    {
        var path = Path.Combine(baseDirectory, file);
        try
        {
            return Parse(file, await File.ReadAllTextAsync(path, cancellation));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TargetProblems.EnvFileIsUnreadable(path, failure is UnauthorizedAccessException ? "this user may not read it" : "there is no such file");
        }
    }
}
