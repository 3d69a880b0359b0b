using System.Text.RegularExpressions;

namespace SafeDeploy.Migrations.Layouts;

/// <summary>Flyway: <c>V1_2__name.sql</c> with <c>U1_2__name.sql</c> as the way back, in any sub-folder.</summary>
/// <remarks>A script's own settings stand beside it in <c>V1__name.sql.conf</c>: <c>executeInTransaction=false</c>.</remarks>
public sealed partial class FlywayLayout : IMigrationLayout
{
    public string Name => "flyway";

    public string Example => "V1__name.sql";

    public bool Claims(MigrationFile file) =>
        Versioned().IsMatch(file.FileName) || (Foreign().IsMatch(file.FileName) && file.IsSql);

    public string? Refuses(MigrationFile file) => file.FileName switch
    {
        var name when Foreign().Match(name) is { Success: true } match => match.Groups["kind"].Value switch
        {
            "R__" => "a repeatable migration has no place in an ordered history; give it a version (V…) each time it changes",
            "B" => "a baseline replaces the migrations before it; adopt the fleet at that version instead",
            _ => "a callback runs at moments that belong to Flyway; make it a versioned migration or a gate",
        },
        var name when name.EndsWith(".conf", StringComparison.Ordinal) && Settings(file.Text) is { Length: > 0 } other =>
            $"its setting {other} is not in this version; only executeInTransaction is",
        _ => null,
    };

    public IEnumerable<LayoutPart> Parts(MigrationFile file)
    {
        var match = Versioned().Match(file.FileName);
        if (!match.Success)
            yield break;
        var version = match.Groups["version"].Value.Replace('_', '.');
        var script = new MigrationScript(file.Path, file.Sql, 1);
        if (match.Groups["conf"].Success)
            yield return new LayoutPart(version, match.Groups["name"].Value, PartKind.Settings, script, OutsideTransaction().IsMatch(file.Text));
        else
            yield return new LayoutPart(version, match.Groups["name"].Value, match.Groups["way"].Value == "V" ? PartKind.Forward : PartKind.Rollback, script);
    }

    private static string Settings(string text) => text.Split('\n')
        .Select(line => line.Trim())
        .FirstOrDefault(line => line.Length > 0 && line[0] != '#' && !line.StartsWith("executeInTransaction", StringComparison.Ordinal)) ?? "";

    [GeneratedRegex(@"^(?<way>[VU])(?<version>[0-9]+(?:[._][0-9]+)*)__(?<name>.+)\.sql(?<conf>\.conf)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Versioned();

    [GeneratedRegex(@"^(?<kind>R__|B(?=[0-9][0-9._]*__)|(?:before|after|create)[A-Z][A-Za-z]*(?=\.sql|__))", RegexOptions.CultureInvariant)]
    private static partial Regex Foreign();

    [GeneratedRegex(@"^\s*executeInTransaction\s*=\s*false\s*$", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex OutsideTransaction();
}
