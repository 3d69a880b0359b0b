using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.Reporting;
using SafeDeploy.Risk;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>How the verb behind a step ended.</summary>
/// <param name="Json">Its one document; empty where it did not come so far.</param>
/// <param name="Config">Null when it could not be read.</param>
public sealed record StepResult(string Step, bool IsPost, int Code, string Json, DeployConfig? Config)
{
    /// <summary>The plan as Markdown inside the limit of a comment; empty for other steps.</summary>
    public string Markdown { get; init; } = "";

    /// <summary>The plan's findings for code scanning; empty when nobody asked.</summary>
    public string Sarif { get; init; } = "";

    public string Word => (ExitCode)Code switch
    {
        ExitCode.Done => "succeeded",
        ExitCode.Failed => "failed",
        ExitCode.PersonNeeded => "person-needed",
        ExitCode.Refused => "refused",
        ExitCode.Cancelled => "cancelled",
        _ => "usage",
    };

    /// <summary>Null for the verbs that print another document, and where there is none.</summary>
    public OutcomeDocument? Outcome =>
        Step is not ("plan" or "status") && Holds("conclusion") ? JsonSerializer.Deserialize(Json, SafeDeployJson.Default.OutcomeDocument) : null;

    /// <summary>Null for every step but <c>plan</c>.</summary>
    public PlanView? Plan => Step != "plan" ? null
        : Holds("statements") ? OfFiles(JsonSerializer.Deserialize(Json, PlanJson.Default.PlanDocument)!)
        : Holds("findings") ? OfPlan(JsonSerializer.Deserialize(Json, SafeDeployJson.Default.DeployPlanDocument)!)
        : null;

    private bool Holds(string property)
    {
        if (Json.Length == 0)
            return false;
        using var document = JsonDocument.Parse(Json);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(property, out _);
    }

    private PlanView OfPlan(DeployPlanDocument plan) => new(
        plan.Environment,
        Code != (int)ExitCode.Done,
        Headline(plan),
        [
            ("release", $"{plan.Version}{(plan.Digest is null ? "" : $" ({plan.Digest})")} to {plan.Environment}"),
            ("tenants", FormattableString.Invariant($"{plan.TenantsPending} of {plan.TenantsTotal} have something pending")),
            .. plan.Migrations.Select(m => ($"{m.Version} {m.Name}", m.FitsPreviousImage switch { true => "the image that serves does not notice it", false => $"breaks the image that serves ({m.Because})", null => "unknown to the image that serves" })),
            ("if it fails", plan.Decision),
            .. plan.Problems.Select(p => (p.Code, $"{p.What}; {p.Next}")),
        ],
        PlanView.Sorted(plan.Findings))
    { Markdown = Markdown };

    private string Headline(DeployPlanDocument plan) => Code switch
    {
        not 0 => "this release would be refused",
        _ when plan.Migrations.IsEmpty => "nothing is pending",
        _ when plan.Findings.IsEmpty => FormattableString.Invariant($"{plan.Migrations.Length} migrations, no risk found"),
        _ => FormattableString.Invariant($"{plan.Migrations.Length} migrations, {plan.Findings.Length} findings"),
    };

    private PlanView OfFiles(PlanDocument plan) => new(
        "files", Code != (int)ExitCode.Done, plan.Verdict.Summary, [],
        PlanView.Sorted(plan.Statements.SelectMany(s => s.Findings.Where(f => f.SuppressedBecause is null).Select(f => new RiskLine(s.File, s.Line, f.Rule, f.Severity.ToString().ToLowerInvariant(), f.Message, f.Remedy)))))
    { Markdown = Markdown };
}
