using System.Globalization;

namespace SafeDeploy.Config;

/// <summary>How a <see cref="TimeSpan"/> is written in the configuration: <c>250ms</c>, <c>5s</c>, <c>2m</c>, <c>1h</c>.</summary>
public static class Duration
{
    // The longest time PostgreSQL's millisecond settings can hold is int.MaxValue ms; a week stays well below it.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>Null when the text is not digits and one of ms, s, m, h, or is longer than seven days.</summary>
    public static TimeSpan? TryParse(string text)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        if (!long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        long? milliseconds = text[digits..] switch
        {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => null,
        };
        return milliseconds is { } factor && number <= (long)Longest.TotalMilliseconds / factor
            ? TimeSpan.FromMilliseconds(number * factor)
            : null;
    }

    /// <summary>The shortest exact spelling, as a person would write it.</summary>
    public static string Text(TimeSpan time)
    {
        var ms = (long)time.TotalMilliseconds;
        return ms switch
        {
            0 => "0s",
            _ when ms % 3_600_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{ms / 3_600_000}h"),
            _ when ms % 60_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{ms / 60_000}m"),
            _ when ms % 1_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{ms / 1_000}s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{ms}ms"),
        };
    }
}
