using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Reads which release gave an answer. Pure.</summary>
public static class VersionCheck
{
    /// <summary>The version that the answer names, or null when it names none.</summary>
    public static string? Of(VersionProof proof, HttpAnswer answer) => proof switch
    {
        VersionProof.Header header => FromHeader(header.Name, answer),
        VersionProof.Body => FromBody(answer.Body),
        _ => throw new ArgumentOutOfRangeException(nameof(proof)),
    };

    /// <summary>How the proof is called in a message.</summary>
    public static string Words(VersionProof proof) => proof switch
    {
        VersionProof.Header header => $"header {header.Name}",
        VersionProof.Body body => $"the body of {body.Path}",
        _ => throw new ArgumentOutOfRangeException(nameof(proof)),
    };

    private static string? FromHeader(string name, HttpAnswer answer)
    {
        foreach (var (key, value) in answer.Headers)
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase) && value.Trim().Length > 0)
                return value.Trim();
        return null;
    }

    private static string? FromBody(string body)
    {
        var text = body.Trim();
        if (!text.StartsWith('{'))
            return text.Length is 0 or > 200 || text.Contains('\n', StringComparison.Ordinal) ? null : text.Trim('"');
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.String
                ? version.GetString() : null;
        }
        catch (JsonException)
        {
            // An error page that starts with a brace names no version; the caller says so.
            return null;
        }
    }
}
