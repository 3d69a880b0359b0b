using System.CommandLine;
using System.Text.Json;
using SafeDeploy.Reporting;
using SafeDeploy.Reporting.Verdict;
using SafeDeploy.Risk;

namespace SafeDeploy.Cli.Commands;

/// <summary>The forms in which <c>plan</c> answers besides its JSON documents.</summary>
internal static class PlanOutput
{
    /// <summary>Null for text and json, which depend on how the plan was made.</summary>
    public static string? Of(ParseResult line, RiskReport report, PlanReview review) => line.GetValue(CommonOptions.Output) switch
    {
        "markdown" => ReviewMarkdown.Render(review, line.GetValue(PlanOptions.Limit)),
        "sarif" => SarifReport.Render(report),
        "annotations" => JsonSerializer.Serialize(ReviewAnnotations.Of(review), SafeDeployJson.Default.ImmutableArrayAnnotation),
        _ => null,
    };
}
