using SafeDeploy.Reporting;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>The skeleton that a rollback leaves where it needs a person. Pure.</summary>
public static class PostMortem
{
    /// <summary>First line of the body; one deployment has one.</summary>
    public static string Marker(string deployment) => $"<!-- safe-deploy:post-mortem:{deployment} -->";

    public static string Title(OutcomeDocument outcome, RunReport report) => HostMarkdown.Cut($"safe-deploy: {report.Environment} needs a person ({outcome.Conclusion})", 200);

    /// <param name="limit">In characters.</param>
    public static string Body(OutcomeDocument outcome, Uri run, int limit) => HostMarkdown.Cut(
        $"""
        {Marker(outcome.Report?.Deployment ?? "")}
        {StepSummary.Of("rollback", outcome, StepSummary.Limit)}
        [The run]({run.AbsoluteUri})

        ## Post-mortem
        {MarkdownReport.Questions}
        """, limit);
}
