using SafeDeploy.Config;

namespace SafeDeploy.Tests.Architecture;

/// <summary>Pages that are made from the program are those in the repository; <c>ACCEPT=1</c> writes them.</summary>
public sealed class DocsAreCurrentTests
{
    [Fact]
    public void The_configuration_page_is_current() => Verify(ConfigPage.Markdown(), "docs/config.md");

    [Fact]
    public void The_configuration_schema_for_editors_is_current() => Verify(ConfigJsonSchema.Json(), "docs/safe-deploy.schema.json");

    [Fact]
    public void The_page_of_problems_is_current() => Verify(ProblemPage.Markdown(), "docs/problems.md");

    private static void Verify(string text, string relative)
    {
        var path = Repository.PathOf(relative.Split('/'));
        if (Environment.GetEnvironmentVariable("ACCEPT") == "1" && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"{relative} does not exist; write it with: ACCEPT=1 ./build check");
        Assert.True(File.ReadAllText(path).ReplaceLineEndings("\n") == text, $"{relative} is not current; write it with: ACCEPT=1 ./build check");
    }
}
