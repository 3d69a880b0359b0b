using System.Collections.Immutable;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>The forms in which a secret travels, for the masks of a CI host. Pure.</summary>
public static class SecretForms
{
    /// <summary>As it is, as part of a URL, line by line, and the password of a URL alone.</summary>
    public static ImmutableArray<string> Of(string secret)
    {
        var forms = new List<string> { secret, Uri.EscapeDataString(secret) };
        forms.AddRange(secret.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        if (Uri.TryCreate(secret, UriKind.Absolute, out var url) && url.UserInfo.Split(':', 2) is [_, var password])
            forms.AddRange([password, Uri.UnescapeDataString(password)]);
        // A mask of one or two characters would blank out ordinary text.
        return [.. forms.Where(f => f.Length > 2).Distinct(StringComparer.Ordinal)];
    }
}
