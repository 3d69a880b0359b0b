using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <summary>The condition of a rule: variables, texts, <c>==</c>, <c>!=</c>, <c>&amp;&amp;</c>, <c>||</c>.</summary>
/// <remarks>docs.gitlab.com/ci/jobs/job_rules, "CI/CD variable expressions"; without patterns and parentheses, which we do not use.</remarks>
public static class GitLabRule
{
    public static bool Holds(string condition, IReadOnlyDictionary<string, string> variables) =>
        condition.Split("||").Any(any => any.Split("&&").All(all => One(all.Trim(), variables)));

    private static bool One(string comparison, IReadOnlyDictionary<string, string> variables) => Regex.Split(comparison, "\\s*(==|!=)\\s*") switch
    {
        [var alone] => !string.IsNullOrEmpty(Value(alone, variables)),
        [var left, "==", var right] => Value(left, variables) == Value(right, variables),
        [var left, "!=", var right] => Value(left, variables) != Value(right, variables),
        _ => throw new FormatException($"rules:if invalid expression syntax: {comparison}"),
    };

    /// <summary>Null for a variable that is not set.</summary>
    private static string? Value(string word, IReadOnlyDictionary<string, string> variables) =>
        word == "null" ? null
        : Regex.Match(word, "^\\$([A-Za-z0-9_]+)$") is { Success: true } name ? variables.GetValueOrDefault(name.Groups[1].Value)
        : Regex.Match(word, "^(?:\"([^\"]*)\"|'([^']*)')$") is { Success: true } text ? text.Groups[1].Value + text.Groups[2].Value
        : throw new FormatException($"rules:if invalid expression syntax: {word}");
}
