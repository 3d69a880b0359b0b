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

    public static readonly Option<string?> GitBase = new("--git-base")
    {
        Description = "Judge only what is new or changed since the common ancestor with this commit, e.g. origin/main; asks no database.",
    };

    public static readonly Option<string?> Statistics = new("--statistics")
    {
        Description = "Structure and sizes exported from production; wins over risk.statistics.",
    };

    public static readonly Option<string?> ExportStatistics = new("--export-statistics")
    {
        Description = "Writes structure and sizes of the database to this file (safe-deploy.stats.json), for plans without one.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static readonly Option<bool> TenantNames = new("--tenant-names")
    {
        Description = "Exported statistics name the tenants; else something that cannot be read back stands for each.",
    };

    public static readonly Option<bool> Fix = new("--fix")
    {
        Description = "Writes the mechanical rewrites as new files beside those of --files; with --replace the old ones are removed.",
    };

    public static readonly Option<bool> Replace = new("--replace")
    {
        Description = "With --fix: removes each file whose rewrite was written.",
    };
}
