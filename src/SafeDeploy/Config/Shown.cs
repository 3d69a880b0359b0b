using System.Text;

namespace SafeDeploy.Config;

/// <summary>Shows what a file holds in a message: short, on one line, without control characters and without secrets.</summary>
internal static class Shown
{
    private const int Longest = 60;

    /// <summary>The text as it may stand in a message, without quotes.</summary>
    public static string Bare(string text)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= Longest)
                return shown.Append('…').ToString();
            // Format characters reverse the direction of a line or hide in it, as control characters do.
            var isHidden = Rune.IsControl(rune)
                || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Format
                    or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator;
            if (isHidden)
                shown.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                shown.Append(rune.ToString());
        }

        return shown.ToString();
    }

    public static string Quoted(string text) => $"\"{Bare(text)}\"";

    /// <summary>What stands at a node, for "found …". A value from the environment and one that looks like a secret are not shown.</summary>
    public static string Found(ConfigNode node, bool isSecret) => node switch
    {
        ConfigNode.Mapping => "a mapping (key: value)",
        ConfigNode.Sequence => "a list",
        ConfigNode.Scalar { IsEmpty: true } => "nothing after the colon",
        ConfigNode.Scalar { IsNull: true } => "null",
        ConfigNode.Scalar { Mark: SourceMark.FromEnvironment mark } => $"the value of {mark.Variable} (not shown)",
        ConfigNode.Scalar scalar when isSecret || HoldsCredentials(scalar.Text) => "a value that is not shown",
        ConfigNode.Scalar scalar => Quoted(scalar.Text),
        _ => throw new ArgumentOutOfRangeException(nameof(node)),
    };

    /// <summary>Which kind of node stands there, without what it holds.</summary>
    public static string Kind(ConfigNode node) => node is ConfigNode.Scalar { IsEmpty: false, IsNull: false }
        ? "a single value"
        : Found(node, isSecret: true);

    private static bool HoldsCredentials(string text) => DatabaseUrl.Passwords(text).Length > 0;
}
