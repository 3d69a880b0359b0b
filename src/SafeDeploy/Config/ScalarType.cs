using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>Gives the typed value of a text, or null with the reason (empty where "accepted: …" says enough).</summary>
internal delegate object? ScalarParser(string text, out string why);

/// <summary>One kind of single value: how it is read, described and offered to editors.</summary>
/// <param name="Name">One or two words for tables, e.g. <c>duration</c>.</param>
/// <param name="Accepts">Completes "accepted: …", e.g. <c>a duration such as 250ms, 5s, 2m or 1h</c>.</param>
internal sealed record ScalarType(string Name, string Accepts, ScalarParser Parse)
{
    /// <summary>A regular expression for editors; null = any text.</summary>
    public string? Pattern { get; init; }

    /// <summary>The only words accepted; empty = not a choice.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    public JsonForm Form { get; init; } = JsonForm.Text;

    /// <summary>Limits for editors, where the form is a number.</summary>
    public (long Least, long Most)? Range { get; init; }

    /// <summary>The value is never shown and always hidden from every sink.</summary>
    public bool IsSecret { get; init; }
}

/// <summary>How a value may stand in YAML, for editors; the reader itself reads text.</summary>
internal enum JsonForm
{
    Text,
    Whole,
    Number,
    YesNo,
}
