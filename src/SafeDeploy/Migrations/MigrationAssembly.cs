using System.Collections.Immutable;
using SafeDeploy.Migrations.Layouts;
using SafeDeploy.Problems;

namespace SafeDeploy.Migrations;

/// <summary>Joins the parts that a layout found: forward, rollback and settings of one version make one migration.</summary>
internal static class MigrationAssembly
{
    private sealed record FilePart(MigrationFile File, LayoutPart Part, MigrationVersion Version);

    public static (ImmutableArray<Migration> Migrations, ImmutableArray<Problem> Problems) Assemble(
        string folder, IMigrationLayout layout, ImmutableArray<MigrationFile> files)
    {
        var parts = files.Where(file => layout.Refuses(file) is null)
            .SelectMany(file => layout.Parts(file).Select(part => new FilePart(file, part, new MigrationVersion(part.Version))))
            .ToImmutableArray();
        var problems = ImmutableArray.CreateBuilder<Problem>();
        var migrations = parts.GroupBy(part => part.Version.Canonical, StringComparer.Ordinal)
            .Select(group => One(folder, [.. group], problems))
            .OfType<Migration>()
            .OrderBy(migration => migration.Version)
            .ToImmutableArray();
        return (migrations, problems.ToImmutable());
    }

    private static Migration? One(string folder, ImmutableArray<FilePart> parts, ImmutableArray<Problem>.Builder problems)
    {
        foreach (var kind in Enum.GetValues<PartKind>())
            if (parts.Where(p => p.Part.Kind == kind).ToImmutableArray() is { Length: > 1 } twice)
            {
                problems.Add(MigrationProblems.TwoOfOneVersion(folder, twice[0].Version, [.. twice.Select(p => p.File.Path)]));
                return null;
            }

        var forward = parts.FirstOrDefault(p => p.Part.Kind == PartKind.Forward);
        var rollback = parts.FirstOrDefault(p => p.Part.Kind == PartKind.Rollback);
        if (forward is null)
        {
            problems.Add(MigrationProblems.RollbackWithoutForward(folder, parts[0].File, parts[0].Version));
            return null;
        }

        var (header, error) = HeaderReader.Read(forward.File, forward.Part.Script);
        if (error is not null)
            problems.Add(MigrationProblems.UnknownHeader(folder, forward.File, error));
        header = header with { NoTransaction = header.NoTransaction || parts.Any(p => p.Part.NoTransaction) };
        return new Migration(forward.Version, forward.Part.Name, forward.File.Checksum,
            Below(folder, forward.Part.Script), rollback is null ? null : Below(folder, rollback.Part.Script), header);
    }

    private static MigrationScript Below(string folder, MigrationScript script) => script with { Path = MigrationPaths.Below(folder, script.Path) };
}
