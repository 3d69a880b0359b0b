using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>Jobs of GitLab with one step of the published program.</summary>
public static partial class GitLabJobs
{
    /// <summary>What GitLab sets for every job of this pipeline.</summary>
    public static ImmutableDictionary<string, string> Pipeline(string id) => new Dictionary<string, string>
    {
        ["CI_DEFAULT_BRANCH"] = "main",
        ["CI_PIPELINE_ID"] = id,
        ["CI_PIPELINE_URL"] = $"https://gitlab.example/acme/pos/-/pipelines/{id}",
        ["CI_PROJECT_ID"] = "7",
        ["CI_COMMIT_SHA"] = new string('a', 40),
        ["CI_COMMIT_SHORT_SHA"] = "aaaaaaaa",
        ["GITLAB_USER_LOGIN"] = "ada",
    }.ToImmutableDictionary();

    /// <summary>A job with this step as its script, and its hook.</summary>
    public static Task<ImmutableArray<GitLabJobReport>> StepAsync(Sample sample, string step) => new GitLabRunner(
        GitLabPipeline.Parse($"{step}: {{ script: [ $SAFE_DEPLOY_PROGRAM action {step} ], after_script: [ $SAFE_DEPLOY_PROGRAM action {step} --post ], artifacts: {{ reports: {{ dotenv: .safe-deploy/outputs.env }} }} }}"),
        new GitLabRunnerOptions(
            sample.Home, Pipeline("4711"), ImmutableDictionary<string, string>.Empty.Add("DATABASE_URL", sample.Database.Url).Add("SAFE_DEPLOY_PROGRAM", TestServers.Program), [])).RunAsync();

    /// <summary>A log as a person can read it: what GitLab folds and colours by, as words; no time.</summary>
    public static string Readable(string log) =>
        Section().Replace(log, "section_$1:TIME:safe_deploy_TIME_").Replace("\u001b", "<ESC>", StringComparison.Ordinal).Replace("\r", "<CR>", StringComparison.Ordinal);

    [GeneratedRegex("section_(start|end):[0-9]+:safe_deploy_[0-9]+_")]
    private static partial Regex Section();
}
