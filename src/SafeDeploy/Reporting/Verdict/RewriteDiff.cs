using System.Collections.Immutable;
using SafeDeploy.Risk.Rewrites;
using SafeDeploy.Problems;

namespace SafeDeploy.Reporting.Verdict;

/// <summary>The safe rewrite as a diff: what stands there with <c>-</c>, what to write instead with <c>+</c>.</summary>
internal static class RewriteDiff
{
    private const int LongestOld = 6;

    public static ImmutableArray<string> Of(string sql, Rewrite rewrite)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        var old = sql.Split('\n');
        foreach (var line in old.Take(LongestOld))
            lines.Add($"- {line.TrimEnd()}");
        if (old.Length > LongestOld)
            lines.Add($"- … ({Wording.Count(old.Length - LongestOld, "more line")})");
        for (var step = 0; step < rewrite.Steps.Length; step++)
        {
            if (Comment(rewrite, step) is { Length: > 0 } comment)
                lines.Add($"+ -- {comment}");
            foreach (var line in rewrite.Steps[step].Sql.Split('\n'))
                lines.Add($"+ {line.TrimEnd()}");
        }

        return lines.ToImmutable();
    }

    private static string Comment(Rewrite rewrite, int step) => (step, rewrite.Steps[step].OutsideTransaction) switch
    {
        (0, true) => "in a migration of its own, outside a transaction",
        (0, false) => "",
        (_, true) => "in the next migration, outside a transaction",
        _ => "in the next migration",
    };
}
