using System.Collections.Immutable;

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

    public static string Annotation(GitHubAnnotation one)
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

    /// <summary>Every form in which a secret travels in a URL, and its lines.</summary>
    public static ImmutableArray<string> MaskedForms(string secret)
    {
        var forms = new List<string> { secret, Uri.EscapeDataString(secret) };
        forms.AddRange(secret.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        if (Uri.TryCreate(secret, UriKind.Absolute, out var url) && url.UserInfo.Split(':', 2) is [_, var password])
            forms.AddRange([password, Uri.UnescapeDataString(password)]);
        // A mask of one or two characters would blank out ordinary text.
        return [.. forms.Where(f => f.Length > 2).Distinct(StringComparer.Ordinal)];
    }

    private static string Data(string text) => text
        .Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}

/// <summary>A remark at the job, or at a line of the change.</summary>
/// <param name="Level"><c>error</c>, <c>warning</c> or <c>notice</c>.</param>
/// <param name="File">From the repository's root; empty = at the job.</param>
public sealed record GitHubAnnotation(string Level, string Title, string Message, string File = "", int Line = 0)
{
    /// <summary>What GitHub shows of one step and level; further ones would only be in the log.</summary>
    public const int MostOfALevel = 10;

    /// <summary>The first ten of each level, as they come: worst first is the caller's order.</summary>
    public static ImmutableArray<GitHubAnnotation> Shown(IEnumerable<GitHubAnnotation> all) =>
        [.. all.GroupBy(a => a.Level).SelectMany(g => g.Take(MostOfALevel))];
}
