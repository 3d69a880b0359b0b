using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>Collects what no sink may show, while the configuration is read.</summary>
internal sealed class SecretTexts
{
    // Shorter lines of a secret (braces, "--") stand in every log; hiding them would hide the log.
    private const int ShortestLine = 6;

    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    public ImmutableArray<Secret> All => [.. _texts.OrderBy(t => t, StringComparer.Ordinal).Select(t => new Secret(t))];

    /// <summary>A secret, and each of its lines, since logs are hidden line by line.</summary>
    public void Add(string text)
    {
        if (text.Length == 0)
            return;
        _texts.Add(text);
        foreach (var line in text.Split('\n').Select(l => l.Trim()).Where(l => l.Length >= ShortestLine))
            _texts.Add(line);
    }

    /// <summary>An address is hidden whole only when a password is in it: a host's name is no secret.</summary>
    public void AddUrl(string text)
    {
        var passwords = DatabaseUrl.Passwords(text);
        if (passwords.Length == 0)
            return;
        Add(text);
        foreach (var password in passwords)
            Add(password);
    }
}
