using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Yaml;

namespace SafeDeploy.Tests.Config;

/// <summary>Reads a text as <c>safe-deploy.yml</c>, and renders what is wrong with it.</summary>
internal static class Yml
{
    /// <summary>The least that every test's file begins with; six lines.</summary>
    public const string Head =
        """
        version: 1
        project: shop
        database:
          url: postgres://app:s3cr%40t@db:5432/shop
        migrations:
          public: { path: db/public }

        """;

    public static readonly ImmutableDictionary<string, string> NoVariables =
        ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);

    public static ConfigReading Read(
        string text, string? environment = null, IReadOnlyDictionary<string, string>? variables = null, params ImmutableArray<ConfigInput> inputs) =>
        ReadBytes(System.Text.Encoding.UTF8.GetBytes(text), new ConfigRequest(
            environment, variables is null ? NoVariables : variables.ToImmutableDictionary(StringComparer.Ordinal), inputs));

    /// <summary>Through the same door as the program: a real file in a folder of its own.</summary>
    public static ConfigReading ReadBytes(byte[] content, ConfigRequest? request = null)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "safe-deploy.yml");
        File.WriteAllBytes(path, content);
        return Relative(ReadPath(path, request), folder.Path);
    }

    public static ConfigReading ReadPath(string path, ConfigRequest? request = null) => ConfigFile
        .ReadAsync(path, request ?? new ConfigRequest(null, NoVariables, []), CancellationToken.None)
        .GetAwaiter().GetResult();

    public static DeployConfig Config(ConfigReading reading)
    {
        Assert.True(reading.Config is not null, Text(reading));
        return reading.Config;
    }

    /// <summary>All problems as people read them.</summary>
    public static string Text(ConfigReading reading) =>
        string.Join('\n', reading.Problems.Select(SafeDeploy.Reporting.ProblemText.Render))
        + (reading.Omitted > 0 ? $"\nand {reading.Omitted} more\n" : "");

    /// <summary>The same reading with the folder taken out of its texts, so that goldens know no machine.</summary>
    public static ConfigReading Relative(ConfigReading reading, string folder) => reading with
    {
        Problems = [.. reading.Problems.Select(p => p with
        {
            What = Without(p.What, folder), Where = Without(p.Where, folder), Next = Without(p.Next, folder),
        })],
    };

    private static string Without(string text, string folder) => text.Replace(folder + "/", "", StringComparison.Ordinal);
}

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("safe-deploy-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
