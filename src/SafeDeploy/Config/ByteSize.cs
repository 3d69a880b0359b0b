using System.Globalization;

namespace SafeDeploy.Config;

/// <summary>An amount of bytes; written <c>512MB</c> or <c>2GB</c>, by powers of 1024 as PostgreSQL and Docker count.</summary>
public readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>
{
    private static readonly (string Unit, long Factor)[] Units =
        [("TB", 1L << 40), ("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("B", 1L)];

    /// <summary>Null when the text is no size: digits and one of B, KB, MB, GB, TB.</summary>
    public static ByteSize? TryParse(string text)
    {
        foreach (var (unit, factor) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            var digits = text[..^unit.Length];
            return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number <= long.MaxValue / factor
                ? new ByteSize(number * factor)
                : null;
        }

        return null;
    }

    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    public override string ToString()
    {
        var bytes = Bytes;
        var (unit, factor) = Array.Find(Units, u => bytes != 0 && bytes % u.Factor == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{(factor == 0 ? bytes : bytes / factor)}{unit ?? "B"}");
    }
}
