using System.Text.RegularExpressions;

namespace SafeDeploy.Migrations.Layouts;

/// <summary>Prisma: <c>20240101120000_name/migration.sql</c>; a <c>down.sql</c> beside it is its way back.</summary>
/// <remarks>Prisma has no word for "outside a transaction"; the header comment says it.</remarks>
public sealed partial class PrismaLayout : IMigrationLayout
{
    public string Name => "prisma";

    public string Example => "20240101120000_name/migration.sql";

    public bool Claims(MigrationFile file) => DirectoryName().IsMatch(file.Directory) && file.FileName == "migration.sql";

    public string? Refuses(MigrationFile file) => null;

    public IEnumerable<LayoutPart> Parts(MigrationFile file)
    {
        var match = DirectoryName().Match(file.Directory);
        if (!match.Success || file.FileName is not ("migration.sql" or "down.sql"))
            yield break;
        var kind = file.FileName == "down.sql" ? PartKind.Rollback : PartKind.Forward;
        // Prisma's history holds the directory's whole name; a version of its own is only the number.
        yield return new LayoutPart(match.Groups["version"].Value, match.Groups["name"].Value, kind, new MigrationScript(file.Path, file.Sql, 1));
    }

    [GeneratedRegex(@"^(?<version>[0-9]+)_(?<name>[^/]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex DirectoryName();
}
