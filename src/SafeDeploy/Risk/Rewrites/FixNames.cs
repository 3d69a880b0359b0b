using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SafeDeploy.Risk.Rewrites;

/// <param name="Rollback">Null where the layout has no file for the way back.</param>
internal sealed record FixName(string Forward, string? Rollback);

/// <summary>Names for the parts of a file, in the way of its layout: the first takes the file's own version, the others the next.</summary>
internal static partial class FixNames
{
    public static ImmutableArray<FixName> Of(string path, ImmutableArray<string> suffixes)
    {
        var cut = path.LastIndexOf('/') + 1;
        var (folder, name) = (path[..cut], path[cut..]);
        if (Numbered().Match(name) is { Success: true } numbered)
            return [.. suffixes.Select((s, i) => Pair(folder + Next(numbered.Groups["n"].Value, i) + "_" + Word(s, numbered.Groups["name"].Value, i)))];
        if (Flyway().Match(name) is { Success: true } flyway)
            return [.. suffixes.Select((s, i) => Flyways(folder, flyway.Groups["v"].Value + (i == 0 ? "" : $".{i.ToString(CultureInfo.InvariantCulture)}"), Word(s, flyway.Groups["name"].Value, i)))];
        if (name is "up.sql" or "migration.sql" && Folder().Match(folder) is { Success: true } own)
            return [.. suffixes.Select((s, i) => Diesel(own.Groups["in"].Value + Next(own.Groups["n"].Value, i) + "_" + Word(s, own.Groups["name"].Value, i), name))];
        return name.EndsWith(".sql", StringComparison.Ordinal)
            ? [.. suffixes.Select((_, i) => new FixName(string.Create(CultureInfo.InvariantCulture, $"{folder}{name[..^4]}.{i + 1}.sql"), null))]
            : [];
    }

    private static FixName Pair(string stem) => new($"{stem}.up.sql", $"{stem}.down.sql");

    private static FixName Flyways(string folder, string version, string name) => new($"{folder}V{version}__{name}.sql", $"{folder}U{version}__{name}.sql");

    private static FixName Diesel(string folder, string file) => new($"{folder}/{file}", file == "up.sql" ? $"{folder}/down.sql" : null);

    // A version keeps its width: 000007 is followed by 000008.
    private static string Next(string number, int step) =>
        (decimal.Parse(number, CultureInfo.InvariantCulture) + step).ToString(CultureInfo.InvariantCulture).PadLeft(number.Length, '0');

    private static string Word(string suffix, string name, int step)
    {
        var word = NotWord().Replace(suffix, "_").Trim('_').ToLowerInvariant();
        return step == 0 && word.Length == 0 ? name : word.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"{name}_{step + 1}") : word;
    }

    [GeneratedRegex(@"^(?<n>\d{1,20})_(?<name>.*)\.up\.sql$")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^V(?<v>\d+(?:[._]\d+)*)__(?<name>.+)\.sql$")]
    private static partial Regex Flyway();

    [GeneratedRegex(@"^(?<in>(?:.*/)?)(?<n>\d{1,20})[_-](?<name>[^/]*)/$")]
    private static partial Regex Folder();

    [GeneratedRegex("[^A-Za-z0-9]+")]
    private static partial Regex NotWord();
}
