using System.Globalization;
using System.Text;
using SafeDeploy.Runs;

namespace SafeDeploy.Reporting;

/// <summary>A report for a terminal: outcome first, then steps, decision, scopes; one screen.</summary>
public static class TextReport
{
    private const int ScopesShown = 10;

    public static string Render(RunReport report)
    {
        var text = new StringBuilder();
        text.Append(Word(report.Conclusion)).Append("  ").Append(report.Statement).Append('\n');
        Line(text, "deployment", $"{report.Deployment} ({report.Project}, {report.Environment})");
        Line(text, "release", $"{report.From?.Display ?? "nothing"} → {report.To?.Display ?? "nothing"}");
        foreach (var step in report.Steps)
            Line(text, step.Step.Text(), $"{step.Result.PadRight(10)}{Seconds(step.DurationMs),8}  {step.Summary}");
        if (report.Decision is { } decision)
            Decision(text, decision);
        Scopes(text, report);
        foreach (var note in report.Notes)
            Line(text, "note", note);
        return text.ToString();
    }

    /// <summary>A decision by itself, for <c>rollback --dry-run</c>.</summary>
    public static string Render(DecisionReport decision)
    {
        var text = new StringBuilder("would go back\n");
        Decision(text, decision);
        return text.ToString();
    }

    private static void Decision(StringBuilder text, DecisionReport decision)
    {
        Line(text, "decision", $"{decision.Row}: {decision.Decision}");
        Line(text, "because", decision.Reason);
        foreach (var action in decision.Actions.Take(ScopesShown))
            Line(text, "", $"- {action}");
        if (decision.Actions.Length > ScopesShown)
            Line(text, "", string.Create(CultureInfo.InvariantCulture, $"- and {decision.Actions.Length - ScopesShown} more"));
    }

    private static void Scopes(StringBuilder text, RunReport report)
    {
        if (report.Scopes.IsEmpty)
            return;
        var back = report.Scopes.Count(s => !s.Forward.Except(s.Back).Any());
        Line(text, "scopes", string.Create(CultureInfo.InvariantCulture, $"{report.Scopes.Length} touched, {report.Scopes.Length - back} forward, {back} back at their old version"));
        foreach (var slow in report.Scopes.OrderByDescending(s => s.DurationMs).Take(3))
            Line(text, "", $"- {slow.Schema}: {Moves(slow)} in {Seconds(slow.DurationMs)}");
    }

    private static string Moves(ScopeReport scope) => scope switch
    {
        { Back.IsEmpty: true } => string.Join(", ", scope.Forward),
        { Forward.IsEmpty: true } => $"{string.Join(", ", scope.Back)} taken back",
        _ when scope.Back.ToHashSet().SetEquals(scope.Forward) => $"{string.Join(", ", scope.Forward)}, taken back",
        _ => $"{string.Join(", ", scope.Forward)}, then {string.Join(", ", scope.Back)} taken back",
    };

    private static void Line(StringBuilder text, string label, string value) =>
        text.Append("  ").Append(label.PadRight(16)).Append(value).Append('\n');

    private static string Seconds(long ms) => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000.0:0.0} s");

    private static string Word(Conclusion? conclusion) => conclusion switch
    {
        Conclusion.Deployed => "deployed",
        Conclusion.RolledBack => "rolled back",
        Conclusion.Forbidden => "FORBIDDEN",
        Conclusion.Incomplete => "INCOMPLETE",
        Conclusion.Unverified => "UNVERIFIED",
        Conclusion.Refused => "refused",
        Conclusion.Cancelled => "cancelled",
        Conclusion.Parked => "parked",
        Conclusion.Restored => "restored",
        _ => "open",
    };
}
