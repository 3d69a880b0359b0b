using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace SafeDeploy.Migrations.Layouts;

/// <summary>goose: one file a migration, cut by <c>-- +goose Up</c> and <c>-- +goose Down</c>; <c>-- +goose NO TRANSACTION</c> holds for both.</summary>
/// <remarks><c>StatementBegin</c> and <c>StatementEnd</c> help a splitter that does not know the grammar; here they are comments.</remarks>
public sealed partial class GooseLayout : IMigrationLayout
{
    private const string Prefix = "+goose";

    public string Name => "goose";

    public string Example => "00001_name.sql with -- +goose Up";

    public bool Claims(MigrationFile file) =>
        file.Directory.Length == 0
        && (GoFile().IsMatch(file.FileName) || (FileName().IsMatch(file.FileName) && Markers(file).Any(m => Word(m) == "UP")));

    public string? Refuses(MigrationFile file)
    {
        if (GoFile().IsMatch(file.FileName))
            return "it is written in Go; drive goose itself with engine: command, or write it in SQL";
        var markers = Markers(file);
        if (markers.Count(m => Word(m) == "UP") > 1)
            return "it has two -- +goose Up markers";
        return markers.FirstOrDefault(m => Word(m) is not ("UP" or "DOWN" or "STATEMENTBEGIN" or "STATEMENTEND" or "NO TRANSACTION" or "ENVSUB OFF")) is { } marker
            ? $"its marker \"{string.Join(' ', marker.Words)}\" in line {marker.Line} is not known here"
            : null;
    }

    public IEnumerable<LayoutPart> Parts(MigrationFile file)
    {
        var match = FileName().Match(file.FileName);
        if (!match.Success || file.Directory.Length > 0)
            yield break;
        var cuts = Markers(file).Where(m => Word(m) is "UP" or "DOWN").ToImmutableArray();
        var outside = Markers(file).Any(m => Word(m) == "NO TRANSACTION");
        foreach (var kind in new[] { PartKind.Forward, PartKind.Rollback })
        {
            if (cuts.FirstOrDefault(m => Word(m) == (kind == PartKind.Forward ? "UP" : "DOWN")) is not { } marker)
                continue;
            var next = cuts.FirstOrDefault(m => m.Line > marker.Line);
            yield return new LayoutPart(match.Groups["version"].Value, match.Groups["name"].Value, kind, MarkedSections.Section(file, marker, next), outside);
        }
    }

    private static ImmutableArray<Marker> Markers(MigrationFile file) => MarkedSections.Markers(file.Text, Prefix);

    // goose itself compares without regard to case.
    private static string Word(Marker marker) => string.Join(' ', marker.Words).ToUpperInvariant();

    [GeneratedRegex(@"^(?<version>[0-9]+)_(?<name>.*)\.sql$", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();

    [GeneratedRegex(@"^[0-9]+_.*(?<!_test)\.go$", RegexOptions.CultureInvariant)]
    private static partial Regex GoFile();
}
