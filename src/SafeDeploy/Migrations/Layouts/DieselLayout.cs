using System.Text.RegularExpressions;

namespace SafeDeploy.Migrations.Layouts;

/// <summary>diesel and Sourcegraph: a directory a migration, <c>up.sql</c> and <c>down.sql</c> in it.</summary>
/// <remarks>
/// diesel states <c>run_in_transaction = false</c> in <c>metadata.toml</c>, Sourcegraph <c>createIndexConcurrently: true</c>
/// in <c>metadata.yaml</c>. diesel's history spells <c>2024-01-01-120000</c> without its dashes.
/// </remarks>
public sealed partial class DieselLayout : IMigrationLayout
{
    public string Name => "diesel";

    public string Example => "2024-01-01-120000_name/up.sql";

    // A down.sql alone may be Prisma's.
    public bool Claims(MigrationFile file) => DirectoryName().IsMatch(file.Directory) && file.FileName == "up.sql";

    public string? Refuses(MigrationFile file) => null;

    public IEnumerable<LayoutPart> Parts(MigrationFile file)
    {
        var match = DirectoryName().Match(file.Directory);
        if (!match.Success || file.FileName is not ("up.sql" or "down.sql" or "metadata.toml" or "metadata.yaml"))
            yield break;
        var version = match.Groups["version"].Value.Replace("-", "", StringComparison.Ordinal);
        var name = match.Groups["name"].Value;
        var script = new MigrationScript(file.Path, file.Sql, 1);
        yield return file.FileName switch
        {
            "up.sql" => new LayoutPart(version, name, PartKind.Forward, script),
            "down.sql" => new LayoutPart(version, name, PartKind.Rollback, script),
            _ => new LayoutPart(version, name, PartKind.Settings, script, OutsideTransaction().IsMatch(file.Text)),
        };
    }

    [GeneratedRegex(@"^(?<version>[0-9][0-9-]*)(?:_(?<name>[^/]*))?$", RegexOptions.CultureInvariant)]
    private static partial Regex DirectoryName();

    [GeneratedRegex(@"^\s*(run_in_transaction\s*=\s*false|createIndexConcurrently\s*:\s*true)\s*(#.*)?$", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex OutsideTransaction();
}
