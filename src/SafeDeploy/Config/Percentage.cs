using System.Globalization;

namespace SafeDeploy.Config;

/// <summary>A share of a whole, 0 to 100; written <c>5%</c> or <c>0.1%</c>.</summary>
public readonly record struct Percentage(decimal Value) : IComparable<Percentage>
{
    /// <summary>The share as a factor: 5 % is 0.05.</summary>
    public decimal Fraction => Value / 100m;

    /// <summary>Null when the text is no percentage from 0% to 100%.</summary>
    public static Percentage? TryParse(string text) =>
        text.EndsWith('%')
        && decimal.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
        && value is >= 0 and <= 100
            ? new Percentage(value)
            : null;

    public int CompareTo(Percentage other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value}%");
}
