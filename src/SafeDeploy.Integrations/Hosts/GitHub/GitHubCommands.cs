namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>Lines that the runner reads out of a step's output. Pure.</summary>
/// <remarks>GitHub docs, "Workflow commands"; escaping as the runner undoes it.</remarks>
public static class GitHubCommands
{
    /// <summary>What the runner keeps of one annotation.</summary>
    private const int LongestMessage = 4000;

    public static string Mask(string secret) => $"::add-mask::{Data(secret)}";

    public static string Group(string title) => $"::group::{Data(title)}";

    public const string EndGroup = "::endgroup::";

    public static string StopCommands(string token) => $"::stop-commands::{token}";

    public static string ResumeCommands(string token) => $"::{token}::";

    public static string Annotation(HostAnnotation one)
    {
        var properties = new List<string>();
        if (one.File.Length > 0)
            properties.Add($"file={Property(one.File)}");
        if (one.File.Length > 0 && one.Line > 0)
            properties.Add(FormattableString.Invariant($"line={one.Line}"));
        if (one.Title.Length > 0)
            properties.Add($"title={Property(one.Title)}");
        var message = one.Message.Length > LongestMessage ? one.Message[..LongestMessage] + " …" : one.Message;
        return $"::{one.Level} {string.Join(',', properties)}".TrimEnd() + $"::{Data(message)}";
    }

    private static string Data(string text) => text
        .Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
