using System.Reflection;

namespace SafeDeploy.Cli.Commands;

/// <summary>The pages of the rules, as docs/rules has them; carried in the program, so that they fit its version.</summary>
public static class RulePages
{
    private const string Prefix = "rules/";

    private static readonly Assembly Carrier = typeof(RulePages).Assembly;

    /// <summary>Null when no rule is called so.</summary>
    public static string? Find(string slug)
    {
        using var page = Carrier.GetManifestResourceStream($"{Prefix}{slug.ToLowerInvariant()}.md");
        if (page is null)
            return null;
        using var reader = new StreamReader(page);
        return reader.ReadToEnd();
    }

    /// <summary>Of every rule, in order.</summary>
    public static IEnumerable<string> Slugs => Carrier.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Select(name => name[Prefix.Length..^".md".Length])
        .Order(StringComparer.Ordinal);
}
