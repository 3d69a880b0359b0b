using System.CommandLine;
using SafeDeploy.Reporting.Verdict;

namespace SafeDeploy.Cli.Commands;

/// <summary>Options that only <c>plan</c> has.</summary>
public static class PlanOptions
{
    public static readonly Option<int> Limit = new("--limit")
    {
        Description = "The most bytes that --output markdown may have: 65536 for a comment (the default), 1048576 for a job's summary.",
        DefaultValueFactory = _ => ReviewMarkdown.CommentLimit,
    };
}
