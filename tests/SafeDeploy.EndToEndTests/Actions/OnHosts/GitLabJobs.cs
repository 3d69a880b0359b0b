using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions.OnHosts;

/// <summary>On the test's own runner of GitLab: the program as the script of a job, and as its <c>after_script</c>.</summary>
public sealed partial class GitLabJobs(Sample sample, string checkout) : HostJobs(sample, checkout)
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

    public override HostJob Start(HostStep step)
    {
        var workspace = NextRoot();
        CheckOut(workspace);
        var project = new Dictionary<string, string> { ["DATABASE_URL"] = Sample.Database.Url, ["SAFE_DEPLOY_PROGRAM"] = TestServers.Program };
        foreach (var (name, value) in Variables(step, workspace).Concat(step.Inputs.Select(i => ($"SAFE_DEPLOY_INPUT_{i.Name.Replace('-', '_').ToUpperInvariant()}", i.Value))))
            project[name] = value;
        var runner = new GitLabRunner(
            GitLabPipeline.Parse($"{step.Verb}: {{ script: [ $SAFE_DEPLOY_PROGRAM action {step.Verb}{(step.IsFollowedByFailure ? ", \"false\"" : "")} ], after_script: [ $SAFE_DEPLOY_PROGRAM action {step.Verb} --post ], artifacts: {{ reports: {{ dotenv: .safe-deploy/outputs.env }} }} }}"),
            new GitLabRunnerOptions(workspace, Pipeline(step.Run), project.ToImmutableDictionary(), []) { ScriptTimeout = step.Timeout });
        return new HostJob(RunAsync(runner, workspace), runner.Cancel, () => Task.Run(runner.Kill));
    }

    private static async Task<HostEnd> RunAsync(GitLabRunner runner, string workspace)
    {
        var job = Assert.Single(await runner.RunAsync());
        var summaries = Path.Combine(workspace, ".safe-deploy");
        return new HostEnd(
            job.Status switch { "success" => JobColour.Green, "canceled" => JobColour.Cancelled, _ => JobColour.Red },
            job.Exit,
            job.AfterExit,
            job.Dotenv.GetValueOrDefault("SAFE_DEPLOY_OUTPUT_RESULT", ""),
            StepLogs.Of([("script", Readable(job.Log).Split('\n')), ("after_script", Readable(job.AfterLog).Split('\n'))], workspace),
            Directory.Exists(summaries) ? StepLogs.Summary(Directory.GetFiles(summaries, "*.md").Order(StringComparer.Ordinal).Select(File.ReadAllText), workspace) : "");
    }

    /// <summary>A log as a person can read it: what GitLab folds and colours by, as words; no time.</summary>
    private static string Readable(string log) =>
        Section().Replace(log, "section_$1:TIME:safe_deploy_TIME_").Replace("\u001b", "<ESC>", StringComparison.Ordinal).Replace("\r", "<CR>", StringComparison.Ordinal);

    [GeneratedRegex("section_(start|end):[0-9]+:safe_deploy_[0-9]+_")]
    private static partial Regex Section();
}
