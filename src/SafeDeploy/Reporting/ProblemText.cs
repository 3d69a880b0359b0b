using System.Text;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;

namespace SafeDeploy.Reporting;

/// <summary>A problem as people read it: code and sentence, then four labelled lines, then the evidence.</summary>
public static class ProblemText
{
    public static string Render(Problem problem) => Render(ProblemNote.Of(problem));

    public static string Render(ProblemNote problem)
    {
        var text = new StringBuilder();
        text.Append(problem.Code).Append("  ").Append(problem.What).Append('\n');
        Line(text, "where", problem.Where);
        Line(text, "untouched", problem.Untouched);
        Line(text, "now", problem.Now);
        Line(text, "next", problem.Next);
        foreach (var line in problem.Evidence.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            text.Append("  | ").Append(line).Append('\n');
        return text.ToString();
    }

    private static void Line(StringBuilder text, string label, string value)
    {
        var lines = value.ReplaceLineEndings("\n").Split('\n');
        text.Append("  ").Append(label.PadRight(11)).Append(lines[0]).Append('\n');
        foreach (var more in lines.Skip(1))
            text.Append(' ', 13).Append(more).Append('\n');
    }
}
