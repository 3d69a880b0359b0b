using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace SafeDeploy.Reporting;

/// <summary>Takes secrets out of every text before it leaves the program: the text itself and the forms it travels in.</summary>
public sealed class Redactor
{
    /// <summary>Shorter texts would blank out ordinary words; a secret of one or two characters protects nothing.</summary>
    private const int Shortest = 3;

    private readonly ImmutableArray<string> _forms;

    public Redactor(IEnumerable<string> secrets) =>
        _forms = [.. secrets.Where(s => s.Length >= Shortest).SelectMany(Forms).Distinct(StringComparer.Ordinal).OrderByDescending(f => f.Length)];

    public static readonly Redactor None = new([]);

    /// <summary>The same text with each known secret as <c>***</c>.</summary>
    public string Clean(string text)
    {
        foreach (var form in _forms)
            text = text.Replace(form, "***", StringComparison.Ordinal);
        return text;
    }

    private static IEnumerable<string> Forms(string secret)
    {
        yield return secret;
        yield return Uri.EscapeDataString(secret);
        yield return JsonEncodedText.Encode(secret).ToString();
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(secret));
        // A multi-line secret is printed line by line.
        foreach (var line in secret.Split('\n', StringSplitOptions.TrimEntries).Where(l => l.Length >= Shortest))
            yield return line;
    }
}
