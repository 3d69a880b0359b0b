using System.Text.RegularExpressions;

namespace SafeDeploy.Migrations.Layouts;

/// <summary>golang-migrate: <c>000001_name.up.sql</c> and <c>000001_name.down.sql</c> in one folder.</summary>
public sealed partial class GolangMigrateLayout : IMigrationLayout
{
    public string Name => "golang-migrate";

    public string Example => "000001_name.up.sql";

    public bool Claims(MigrationFile file) => file.Directory.Length == 0 && FileName().IsMatch(file.FileName);

    public string? Refuses(MigrationFile file) => null;

    public IEnumerable<LayoutPart> Parts(MigrationFile file)
    {
        var match = FileName().Match(file.FileName);
        if (!match.Success || file.Directory.Length > 0)
            yield break;
        var kind = match.Groups["way"].Value == "up" ? PartKind.Forward : PartKind.Rollback;
        yield return new LayoutPart(match.Groups["version"].Value, match.Groups["name"].Value, kind, new MigrationScript(file.Path, file.Sql, 1));
    }

    [GeneratedRegex(@"^(?<version>[0-9]+)_(?<name>.*)\.(?<way>up|down)\.sql$", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}
