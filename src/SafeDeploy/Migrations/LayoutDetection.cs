using System.Collections.Immutable;
using SafeDeploy.Migrations.Layouts;
using SafeDeploy.Problems;

namespace SafeDeploy.Migrations;

/// <summary>Which tool's layout a folder has, from its files alone.</summary>
internal static class LayoutDetection
{
    /// <summary>Null and no problem for a folder without SQL.</summary>
    public static (IMigrationLayout? Layout, Problem? Problem) Find(string folder, string? stated, ImmutableArray<MigrationFile> files)
    {
        if (stated is not null)
            return LayoutCatalogue.Named(stated) is { } named ? (named, null) : (null, MigrationProblems.UnknownLayout(folder, stated));
        var claims = LayoutCatalogue.All
            .Select(layout => (Layout: layout, Example: files.FirstOrDefault(layout.Claims)))
            .Where(claim => claim.Example is not null)
            .ToImmutableArray();
        return claims switch
        {
            [var only] => (only.Layout, null),
            [] when files.FirstOrDefault(file => file.IsSql) is { } unknown => (null, MigrationProblems.NoLayout(folder, unknown)),
            [] => (null, null),
            _ => (null, MigrationProblems.SeveralLayouts(folder, [.. claims.Select(claim => (claim.Layout, claim.Example!))])),
        };
    }

    /// <summary>Files that would silently never run: SQL that is not of the layout, and what the tool knows but we do not run.</summary>
    public static ImmutableArray<Problem> Strays(string folder, IMigrationLayout layout, ImmutableArray<MigrationFile> files) =>
    [
        .. files.Select(file => layout.Refuses(file) is { } why
            ? MigrationProblems.FileNotRun(folder, file, layout, why)
            : file.IsSql && !layout.Claims(file) && !layout.Parts(file).Any()
                ? MigrationProblems.StrayFile(folder, file, layout)
                : null)
            .OfType<Problem>(),
    ];
}
