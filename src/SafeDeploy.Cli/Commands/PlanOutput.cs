using System.CommandLine;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Reporting;
using SafeDeploy.Reporting.Verdict;
using SafeDeploy.Risk;

namespace SafeDeploy.Cli.Commands;

/// <summary>The forms in which <c>plan</c> answers besides its JSON documents.</summary>
internal static class PlanOutput
{
    /// <summary>Null for text and json, which depend on how the plan was made.</summary>
    public static string? Of(ParseResult line, RiskReport report, PlanReview review) =>
        Of(line.GetValue(CommonOptions.Output)!, line.GetValue(PlanOptions.Limit), report, review);

    /// <summary>Writes the further forms that the caller wants of the same plan.</summary>
    /// <param name="clean">Takes secrets out of a text.</param>
    public static void Also(Invocation invocation, RiskReport report, PlanReview review, Func<string, string> clean)
    {
        foreach (var (form, limit, text) in invocation.AlsoAs)
            text.Write(clean(Of(form, limit, report, review) ?? ""));
    }

    private static string? Of(string form, int limit, RiskReport report, PlanReview review) => form switch
    {
        "markdown" => ReviewMarkdown.Render(review, limit),
        "sarif" => SarifReport.Render(report),
        "annotations" => JsonSerializer.Serialize(ReviewAnnotations.Of(review), SafeDeployJson.Default.ImmutableArrayAnnotation),
        _ => null,
    };
}
