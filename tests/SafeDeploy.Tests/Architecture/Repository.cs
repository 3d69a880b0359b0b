namespace SafeDeploy.Tests.Architecture;

/// <summary>The files of this repository, as the tests about the house read them.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = [".git", "artifacts", "bin", "obj", "node_modules", "TestResults"];

    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Paths relative to the root with forward slashes, sorted; nothing that a build made.</summary>
    public static IReadOnlyList<string> Files(string folder, string pattern) =>
        Directory.Exists(PathOf(folder)) ? [.. Walk(PathOf(folder), pattern).Select(Relative).Order(StringComparer.Ordinal)] : [];

    public static string Read(string relative) => File.ReadAllText(PathOf(relative));

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Fails with all offenders, one a line; an equality would cut them short.</summary>
    public static void AssertNone(IEnumerable<string> offenders)
    {
        var lines = string.Join('\n', offenders);
        Assert.True(lines.Length == 0, lines);
    }

    private static IEnumerable<string> Walk(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern).Concat(
            Directory.EnumerateDirectories(folder)
                .Where(child => !NotOurs.Contains(Path.GetFileName(child)))
                .SelectMany(child => Walk(child, pattern)));

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "Pipeline.sln")))
                return directory.FullName;
        throw new InvalidOperationException($"no Pipeline.sln above {AppContext.BaseDirectory}");
    }
}
