using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Risk;
using SafeDeploy.Problems;

namespace SafeDeploy.Reporting.Verdict;

/// <summary>The verdict in one line: whether it may go on, what is lost, and who waits.</summary>
internal static class VerdictLine
{
    public static string Of(RiskReport report, bool refused, RiskThreshold failOn)
    {
        if (report.Statements.IsEmpty)
            return "Nothing to judge: no statement was found.";
        if (report.Worst is not { } worst)
            return $"Safe: {Wording.Count(report.Statements.Length, "statement")}, nobody waits for long and nothing is lost.";
        var limit = failOn == RiskThreshold.Never ? "risk.fail_on: never" : $"worst {worst.ToString().ToLowerInvariant()}, risk.fail_on: {failOn.ToString().ToLowerInvariant()}";
        return $"{(refused ? "Refused" : "Passes, with something to read")}: {Consequences(report)} ({limit}).";
    }

    private static string Consequences(RiskReport report)
    {
        var parts = new[]
        {
            Part(report, s => s.Effect.DestroysData, "destroys data", "destroy data"),
            Part(report, s => s.Effect is { Hazard: true, DestroysData: false }, "blocks a table for as long as it is large", "block a table for as long as it is large"),
            Part(report, s => s.Effect.Compatible == false, "breaks the image that serves", "break the image that serves"),
        }.Where(p => p.Length > 0).ToArray();
        if (parts.Length == 0)
            return $"{Wording.Count(report.Statements.Sum(s => s.Open.Count()), "finding")}; no table is blocked for long and nothing is lost";
        return $"of {Wording.Count(report.Statements.Length, "statement")} {string.Join(", ", parts)}";
    }

    private static string Part(RiskReport report, Func<JudgedStatement, bool> isSo, string one, string several) => report.Statements.Count(isSo) switch
    {
        0 => "",
        1 => $"1 {one}",
        var many => string.Create(CultureInfo.InvariantCulture, $"{many} {several}"),
    };
}
