using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Migrations;

/// <summary>Makes the ordered set out of a folder's files; pure.</summary>
public static class MigrationSetReader
{
    /// <summary>Either the set, or all that is wrong with the folder.</summary>
    /// <param name="folder">As configured; messages and paths begin with it.</param>
    /// <param name="stated">The layout's name from the configuration, or null to detect it.</param>
    public static (MigrationSet Set, ImmutableArray<Problem> Problems) Read(
        ScopeKind kind, string folder, string? stated, ImmutableArray<MigrationFile> files)
    {
        var candidates = files.Where(file => !IsIgnored(file)).OrderBy(file => file.Path, StringComparer.Ordinal).ToImmutableArray();
        var (layout, problem) = LayoutDetection.Find(folder, stated, candidates);
        if (problem is not null)
            return (MigrationSet.Empty(kind), [problem]);
        if (layout is null)
            return (MigrationSet.Empty(kind) with { Folder = folder }, []);
        var problems = LayoutDetection.Strays(folder, layout, candidates);
        var (migrations, more) = MigrationAssembly.Assemble(folder, layout, candidates);
        return (new MigrationSet(kind, layout.Name, folder, migrations), [.. problems, .. more]);
    }

    private static bool IsIgnored(MigrationFile file) => file.Path.Split('/').Any(part => part.StartsWith('.'));
}
