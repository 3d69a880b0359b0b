using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SafeDeploy.Migrations;

/// <summary>A version as its file name writes it; ordered number by number (<c>1.10</c> after <c>1.9</c>), then by text.</summary>
[JsonConverter(typeof(MigrationVersionJsonConverter))]
public sealed record MigrationVersion(string Text) : IComparable<MigrationVersion>
{
    public int CompareTo(MigrationVersion? other)
    {
        if (other is null)
            return 1;
        var mine = Parts(Text);
        var theirs = Parts(other.Text);
        for (var i = 0; i < Math.Max(mine.Length, theirs.Length); i++)
        {
            var order = ComparePart(i < mine.Length ? mine[i] : "0", i < theirs.Length ? theirs[i] : "0");
            if (order != 0)
                return order;
        }

        return string.CompareOrdinal(Text, other.Text);
    }

    /// <summary>Two spellings of one version (<c>001</c> and <c>1</c>) collide in a folder though their text differs.</summary>
    public bool SameAs(MigrationVersion other) =>
        string.Equals(Canonical, other.Canonical, StringComparison.Ordinal);

    /// <summary>One spelling for all that are <see cref="SameAs"/>.</summary>
    public string Canonical => string.Join('.', Parts(Text).Select(p => p.All(char.IsAsciiDigit) ? p.TrimStart('0').PadLeft(1, '0') : p));

    public override string ToString() => Text;

    private static string[] Parts(string text) => text.Split('.', '_', '-');

    private static int ComparePart(string a, string b)
    {
        var numeric = a.All(char.IsAsciiDigit) && b.All(char.IsAsciiDigit);
        if (!numeric)
            return string.CompareOrdinal(a, b);
        a = a.TrimStart('0');
        b = b.TrimStart('0');
        return a.Length != b.Length
            ? a.Length.CompareTo(b.Length)
            : string.Compare(a, b, CultureInfo.InvariantCulture, CompareOptions.Ordinal);
    }
}

public sealed class MigrationVersionJsonConverter : JsonConverter<MigrationVersion>
{
    public override MigrationVersion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? throw new JsonException("a version is text"));

    public override void Write(Utf8JsonWriter writer, MigrationVersion value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Text);
}
