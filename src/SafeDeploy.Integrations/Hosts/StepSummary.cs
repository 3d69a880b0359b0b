using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SafeDeploy.Ledger;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>The job summary of one step, as Markdown inside a limit. Pure.</summary>
public static class StepSummary
{
    /// <summary>In characters: a job has several steps and one limit for each; a reader has one screen.</summary>
    public const int Limit = 262_144;

    private const int ActionsShown = 20;
    private const int FailuresShown = 100;
    private const string Parked = "parked";

    /// <summary>Null when there is nothing to tell.</summary>
    /// <param name="title">The step in the reader's words.</param>
    public static string? Of(string title, StepResult result, int limit) => result switch
    {
        { Plan: { } plan } => PlanText.Summary(plan, limit),
        { Outcome: { } outcome } => Of(title, outcome, limit),
        { Code: not (int)ExitCode.Done } => $"### ❌ safe-deploy {title}: {result.Word}\n\nThe log names what is wrong.\n\n",
        _ => null,
    };

    public static string Of(string step, OutcomeDocument outcome, int limit)
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"### {Sign(outcome)} safe-deploy {step}: {Word(outcome)}\n\n{Text(outcome.Statement)}\n\n");
        Problems(head, outcome.Report is { Problems.IsEmpty: false } ended ? ended.Problems : outcome.Problems);
        if (outcome.Report is not { } report)
            return HostMarkdown.Cut(head.ToString(), limit);
        var isOnItsWay = outcome is { ExitCode: 0, Conclusion: Parked };
        if (isOnItsWay)
            Step(head, report);
        else
            Ended(head, report, outcome.Timeline);
        if (report.Scopes.IsEmpty || (isOnItsWay && report.Steps is not [.., { Step: StepName.MigratePublic or StepName.MigrateTenants }]))
            return HostMarkdown.Cut(head.ToString(), limit);
        head.Append(CultureInfo.InvariantCulture, $"\n#### {Schemas(report.Scopes.Length)}\n\n| schema | forward | taken back | attempts | time |\n|---|---|---|---|---|\n");
        var rows = report.Scopes.OrderByDescending(s => s.Back.Length).ThenByDescending(s => s.Attempts).ThenByDescending(s => s.DurationMs).Select(Row).ToArray();
        return HostMarkdown.Fit(HostMarkdown.Cut(head.ToString(), limit / 2), rows, n => string.Create(CultureInfo.InvariantCulture, $"\n… and {n} more: see the report\n"), "\n", limit);
    }

    /// <summary>In the middle of a chain: what this step did; the step that ends the chain tells the whole story.</summary>
    private static void Step(StringBuilder text, RunReport report)
    {
        if (report.Steps is [.., var last])
            text.Append(CultureInfo.InvariantCulture, $"{Text(last.Summary)} ({Seconds(last.DurationMs)})<br>\n");
        text.Append(CultureInfo.InvariantCulture, $"{Text(report.Deployment)}: {Text(report.From?.Display ?? "nothing")} → {Text(report.To?.Display ?? "nothing")}\n");
    }

    private static void Ended(StringBuilder text, RunReport report, ImmutableArray<TimelineEntry> timeline)
    {
        Facts(text, report);
        Steps(text, report);
        if (report.Decision is { } decision)
            Decision(text, decision);
        Failures(text, report.Failures);
        text.Append(SummaryTimeline.Of(timeline));
    }

    /// <summary>How it ended, in one word. A step that failed leaves the deployment to the post; to a reader of the step it failed.</summary>
    public static string Word(OutcomeDocument outcome) => outcome is { ExitCode: not 0, Conclusion: Parked } ? "failed" : outcome.Conclusion ?? "";

    private static void Facts(StringBuilder text, RunReport report) => text.Append(
        CultureInfo.InvariantCulture,
        $"| | |\n|---|---|\n| deployment | {Text(report.Deployment)} ({Text(report.Project)}, {Text(report.Environment)}) |\n| release | {Text(report.From?.Display ?? "nothing")} → {Text(report.To?.Display ?? "nothing")} |\n");

    private static void Steps(StringBuilder text, RunReport report)
    {
        if (report.Steps.IsEmpty)
            return;
        text.Append("\n| step | result | time | |\n|---|---|---|---|\n");
        foreach (var step in report.Steps)
            text.Append(CultureInfo.InvariantCulture, $"| {step.Step.Text()} | {step.Result} | {Seconds(step.DurationMs)} | {Text(step.Summary)} |\n");
    }

    private static void Decision(StringBuilder text, DecisionReport decision)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n**Decision {decision.Row}** {Text(decision.Decision)}, because {Text(decision.Reason)}\n\n");
        foreach (var action in decision.Actions.Take(ActionsShown))
            text.Append(CultureInfo.InvariantCulture, $"1. {Text(action)}\n");
        if (decision.Actions.Length > ActionsShown)
            text.Append(CultureInfo.InvariantCulture, $"\n… and {decision.Actions.Length - ActionsShown} more actions\n");
    }

    private static void Failures(StringBuilder text, ImmutableArray<ScopeFailure> failures)
    {
        if (failures.IsEmpty)
            return;
        text.Append(CultureInfo.InvariantCulture, $"\n#### Failed: {Schemas(failures.Length)}\n\n| schema | problem | attempts |\n|---|---|---|\n");
        foreach (var failed in failures.Take(FailuresShown))
            text.Append(CultureInfo.InvariantCulture, $"| {Text(failed.Schema)} | {failed.Code} {HostMarkdown.Cut(Text(failed.What), 300).TrimEnd()} | {failed.Attempts} |\n");
        if (failures.Length > FailuresShown)
            text.Append(CultureInfo.InvariantCulture, $"\n… and {failures.Length - FailuresShown} more that failed: see the report\n");
    }

    private static void Problems(StringBuilder text, ImmutableArray<ProblemNote> problems)
    {
        foreach (var one in problems.Take(10))
            text.Append(
                CultureInfo.InvariantCulture,
                $"> **{one.Code}** {Cut(one.What)}<br>\n> where: {Cut(one.Where)}<br>\n> untouched: {Cut(one.Untouched)}<br>\n> now: {Cut(one.Now)}<br>\n> next: {Cut(one.Next)}\n\n");
        if (problems.Length > 10)
            text.Append(CultureInfo.InvariantCulture, $"… and {problems.Length - 10} more problems\n\n");
    }

    private static string Row(ScopeReport s) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Text(s.Schema)} | {Text(string.Join(", ", s.Forward))} | {Text(string.Join(", ", s.Back))} | {s.Attempts} | {Seconds(s.DurationMs)} |\n");

    private static string Sign(OutcomeDocument outcome) => outcome switch
    {
        { ExitCode: 0, Conclusion: "rolled-back" } => "↩️",
        { ExitCode: 0 } => "✅",
        { ExitCode: 1, Conclusion: "rolled-back" } => "↩️",
        { ExitCode: 2 } => "🚨",
        _ => "❌",
    };

    private static string Schemas(int count) => count == 1 ? "1 schema" : string.Create(CultureInfo.InvariantCulture, $"{count} schemas");

    private static string Cut(string text) => HostMarkdown.Cut(Text(text), 2000).TrimEnd();

    private static string Text(string text) => HostMarkdown.Text(text);

    private static string Seconds(long ms) => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000.0:0.0} s");
}
