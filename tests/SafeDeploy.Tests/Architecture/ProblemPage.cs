using System.Globalization;
using System.Text;

namespace SafeDeploy.Tests.Architecture;

/// <summary><c>docs/problems.md</c>, made from the problems as they are declared.</summary>
internal static class ProblemPage
{
    public static string Markdown()
    {
        var text = new StringBuilder(
            """
            # Problems

            Everything that safe-deploy can report, by code. A message has five parts: what happened, where, what is untouched, what is being done
            now, and what to do next. This page says what a code means in general. It is made from the program; write it anew with `./build docs`.

            | code | problem |
            |---|---|

            """);
        foreach (var info in ProblemCatalogue.All)
            text.Append(CultureInfo.InvariantCulture, $"| [{info.Code}](#{info.Code.ToLowerInvariant()}) | {info.Title} |\n");
        foreach (var info in ProblemCatalogue.All)
            text.Append(CultureInfo.InvariantCulture, $"\n## {info.Code}\n**{info.Title}.** {info.Meaning}\n\n*What to do:* {info.Remedy}\n");
        return text.ToString();
    }
}
