using System.Text.RegularExpressions;

namespace SafeDeploy.Migrations.Layouts;

/// <summary>dbmate: one file a migration, cut by <c>-- migrate:up</c> and <c>-- migrate:down</c>.</summary>
public sealed partial class DbmateLayout : IMigrationLayout
{
    private const string Prefix = "migrate:";

    public string Name => "dbmate";

    public string Example => "20240101120000_name.sql with -- migrate:up";

    public bool Claims(MigrationFile file) =>
        file.Directory.Length == 0 && FileName().IsMatch(file.FileName) && MarkedSections.Markers(file.Text, Prefix).Any(m => m.Words[0] == "up");

    public string? Refuses(MigrationFile file)
    {
        var markers = MarkedSections.Markers(file.Text, Prefix);
        if (markers.Count(m => m.Words[0] == "up") > 1)
            return "it has two -- migrate:up markers";
        var known = markers.SelectMany(m => m.Words.Skip(1).Prepend(m.Words[0] is "up" or "down" ? "" : m.Words[0]));
        return known.FirstOrDefault(word => word is not ("" or "transaction:true" or "transaction:false")) is { } unknown
            ? $"its marker says \"{unknown}\"; known are up, down and transaction:true|false"
            : null;
    }

    public IEnumerable<LayoutPart> Parts(MigrationFile file)
    {
        var match = FileName().Match(file.FileName);
        if (!match.Success || file.Directory.Length > 0)
            yield break;
        var markers = MarkedSections.Markers(file.Text, Prefix);
        foreach (var kind in new[] { PartKind.Forward, PartKind.Rollback })
        {
            if (markers.FirstOrDefault(m => m.Words[0] == (kind == PartKind.Forward ? "up" : "down")) is not { } marker)
                continue;
            var next = markers.FirstOrDefault(m => m.Line > marker.Line);
            var outside = marker.Words.Contains("transaction:false");
            yield return new LayoutPart(match.Groups["version"].Value, match.Groups["name"].Value, kind, MarkedSections.Section(file, marker, next), outside);
        }
    }

    [GeneratedRegex(@"^(?<version>[0-9]+)_(?<name>.*)\.sql$", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}
