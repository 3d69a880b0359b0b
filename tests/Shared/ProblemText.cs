using SafeDeploy.Problems;

namespace SafeDeploy.Tests;

/// <summary>A problem as the goldens hold it: the five parts, then the evidence.</summary>
public static class ProblemText
{
    public static string Of(Problem problem) => $"""
        {problem.Code}  {problem.What}
          where      {problem.Where}
          untouched  {problem.Untouched}
          now        {problem.Now}
          next       {problem.Next}
        {(problem.Evidence.Length == 0 ? "" : "\n" + problem.Evidence + "\n")}
        """;

    public static string Of(IEnumerable<Problem> problems) => string.Join('\n', problems.Select(Of));
}
