using System.Collections.Immutable;
using System.Text.Json;
using SafeDeploy.EndToEndTests.Actions.OnHosts;
using SafeDeploy.EndToEndTests.Crash;
using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The component and the example as pipelines: good, cancelled, killed; never a mixed fleet, and nothing of another pipeline.</summary>
public sealed class GitLabPipelineTests
{
    [Fact]
    public async Task A_good_release_ends_green_and_hands_its_results_to_the_jobs_that_follow()
    {
        await using var fleet = await ActionFleet.CreateAsync("alter table item add column note text;", "alter table item drop column note;");
        var jobs = await Runner(fleet.Sample).RunAsync();
        Assert.True(jobs.Select(j => (j.Name, j.Status)).SequenceEqual([("safe-deploy-deploy", "success"), ("safe-deploy-recover", "skipped")]), string.Join("\n\n", jobs));
        Assert.Equal(("deployed", "000002"), (await fleet.EndAsync(), Assert.Single(await fleet.VersionsAsync())));
        Assert.Equal(("succeeded", "deployed", ".safe-deploy/run.json"), (jobs[0].Dotenv["SAFE_DEPLOY_OUTPUT_RESULT"], jobs[0].Dotenv["SAFE_DEPLOY_OUTPUT_CONCLUSION"], jobs[0].Dotenv["SAFE_DEPLOY_OUTPUT_REPORT"]));
        Assert.Contains("safe-deploy run: deployed", await File.ReadAllTextAsync(Path.Combine(fleet.Sample.Home, ".safe-deploy", "run.md")), StringComparison.Ordinal);
        Assert.Matches("\u001b\\[0Ksection_start:[0-9]+:safe_deploy_[0-9]+_1\r\u001b\\[0K▸ ", jobs[0].Log);
        // The hook found nothing to do, and says so in one line.
        Assert.Single(jobs[0].AfterLog.Trim().Split('\n'));
        Assert.DoesNotContain(ActionFleet.Password, string.Join('\n', jobs), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_whose_runner_died_is_ended_by_the_recover_job_of_the_same_pipeline()
    {
        await using var fleet = await ActionFleet.SlowAsync(2);
        var runner = Runner(fleet.Sample);
        var running = runner.RunAsync();
        await FirstTenantAsync(fleet, running);
        runner.Kill();
        var jobs = await running;
        Assert.True((jobs[0].Status, jobs[0].AfterLog, jobs[1].Status) == ("failed", "", "success"), string.Join("\n\n", jobs));
        Assert.Equal(("rolled-back", "000001"), (await fleet.EndAsync(), Assert.Single(await fleet.VersionsAsync())));
        Assert.Equal(0, await fleet.CountAsync(ActionFleet.AfterTheFence));
    }

    [Fact]
    public async Task Red_acceptance_tests_take_back_the_release_that_this_pipeline_deployed_and_red_unit_tests_nothing()
    {
        await using var world = await FileWorld.ServingAsync(2, "v1");
        await using var site = await world.CopyAsync();
        site.Sample.Write("run-tests.sh", "exit 1");
        site.Sample.Write("acceptance-tests.sh", "exit 1");
        // Another pipeline's deployment is parked: a red test here is none of its business.
        var other = await site.CallAsync("v2", "preflight", "--park-for", "1h");
        Assert.True(other.ExitCode == 0, other.ToString());
        var untouched = await Example(site).RunAsync();
        Assert.Equal(["failed", "skipped", "skipped", "skipped", "success"], untouched.Select(j => j.Status));
        Assert.Contains("is not of this run", untouched[^1].Log, StringComparison.Ordinal);
        Assert.True((await site.CallAsync("v2", "recover", "--take-over")).ExitCode == 0, "the parked deployment was not ended");

        site.Sample.Write("run-tests.sh", "exit 0");
        var jobs = await Example(site).RunAsync();
        Assert.True(jobs.Select(j => j.Status).SequenceEqual(["success", "success", "failed", "skipped", "success"]), string.Join("\n\n", jobs));
        Assert.Contains("waits for its next job until", jobs[1].AfterLog, StringComparison.Ordinal);
        Assert.Equal(("rolled-back", "v1"), (jobs[^1].Dotenv["SAFE_DEPLOY_OUTPUT_CONCLUSION"], site.Target.Serves));
    }

    [Fact]
    public async Task A_merge_request_has_one_note_and_its_findings_and_a_fork_the_findings_alone()
    {
        await using var gitlab = new FakeGitLab();
        var home = Directory.CreateTempSubdirectory("sd-merge-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(home, "schema.sql"), "create table item (id integer primary key, code text);\n");
            await File.WriteAllTextAsync(Path.Combine(home, "old.sql"), "create index item_old on item (id);\n");
            await File.WriteAllTextAsync(Path.Combine(home, "change.sql"), "create index item_code on item (code);\n");
            gitlab.Files.Add(("change.sql", false));
            var risky = await PlanAsync(gitlab, home);
            Assert.True((risky.Status, risky.Dotenv["SAFE_DEPLOY_OUTPUT_CONCLUSION"]) == ("failed", "refuse"), risky.ToString());
            var note = Assert.Single(gitlab.Notes).Value.Body;
            Assert.StartsWith("<!-- safe-deploy:plan:files -->\n", note, StringComparison.Ordinal);
            Assert.Contains("create-index-without-concurrently", note, StringComparison.Ordinal);
            var finding = Assert.Single(Quality(home));
            Assert.Equal(("create-index-without-concurrently", "change.sql", 1), (finding.GetProperty("check_name").GetString(), finding.GetProperty("location").GetProperty("path").GetString(), finding.GetProperty("location").GetProperty("lines").GetProperty("begin").GetInt32()));

            await File.WriteAllTextAsync(Path.Combine(home, "change.sql"), "alter table item add column note text;\n");
            var safe = await PlanAsync(gitlab, home);
            Assert.Equal(("success", "pass"), (safe.Status, safe.Dotenv["SAFE_DEPLOY_OUTPUT_CONCLUSION"]));
            Assert.NotEqual(note, Assert.Single(gitlab.Notes).Value.Body);
            Assert.Empty(Quality(home));

            var fork = await PlanAsync(gitlab, home, ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "99"), ("SAFE_DEPLOY_GITLAB_TOKEN", ""), ("SAFE_DEPLOY_INPUT_COMMENT", "always"));
            Assert.Equal(("failed", "refuse"), (fork.Status, fork.Dotenv["SAFE_DEPLOY_OUTPUT_CONCLUSION"]));
            Assert.Contains("no list of changed files, so all files are judged: the pipeline of a fork has no token of this project", fork.Log, StringComparison.Ordinal);
            Assert.Contains("no note: the pipeline of a fork has no token of this project", fork.Log, StringComparison.Ordinal);
            Assert.Equal("old.sql", Assert.Single(Quality(home)).GetProperty("location").GetProperty("path").GetString());
            Assert.True(File.Exists(Path.Combine(home, ".safe-deploy", "plan.md")));
            Assert.DoesNotContain(FakeGitLab.Token, $"{risky}{safe}{fork}", StringComparison.Ordinal);
            Assert.Empty(gitlab.Complaints);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static Task FirstTenantAsync(ActionFleet fleet, Task<ImmutableArray<GitLabJobReport>> running) => Eventually.Async(
        async () =>
        {
            Assert.False(running.IsCompleted, running.IsCompletedSuccessfully ? string.Join("\n\n", running.Result) : "the pipeline broke");
            return await fleet.CountAsync("select count(*) from safe_deploy.migration where version = '000002'") > 0;
        },
        TimeSpan.FromSeconds(60), what: "the first tenant");

    private static async Task<GitLabJobReport> PlanAsync(FakeGitLab gitlab, string home, params (string Name, string Value)[] more)
    {
        var variables = Tag("9001").Remove("CI_COMMIT_TAG").SetItems(new Dictionary<string, string>
        {
            ["CI_PIPELINE_SOURCE"] = "merge_request_event",
            ["CI_MERGE_REQUEST_IID"] = "12",
            ["CI_MERGE_REQUEST_PROJECT_ID"] = "7",
            ["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"] = "7",
            ["CI_API_V4_URL"] = gitlab.Url,
        });
        var project = ImmutableDictionary<string, string>.Empty.Add("SAFE_DEPLOY_GITLAB_TOKEN", FakeGitLab.Token).SetItems(more.Select(m => KeyValuePair.Create(m.Name, m.Value)));
        var jobs = await new GitLabRunner(Component("{ files: [ old.sql, change.sql ], schema: schema.sql, config: '' }"), new GitLabRunnerOptions(home, variables, project, [])).RunAsync();
        return Assert.Single(jobs);
    }

    private static JsonElement[] Quality(string home) =>
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(home, ".safe-deploy", "code-quality.json"))).RootElement.EnumerateArray()];

    /// <summary>The component, included by a project whose runner has a shell executor.</summary>
    private static GitLabRunner Runner(Sample sample) => new(
        Component("{ reason: $CI_COMMIT_TAG }"),
        new GitLabRunnerOptions(sample.Home, Tag("9001"), ImmutableDictionary<string, string>.Empty.Add("DATABASE_URL", sample.Database.Url), []));

    private static GitLabPipeline Component(string inputs)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(inputs));
        var given = ((YamlMappingNode)yaml.Documents[0].RootNode).Children.ToDictionary(c => c.Key.ToString(), c => c.Value);
        given["program"] = new YamlScalarNode(TestServers.Program);
        return GitLabPipeline.Parse(GitLabComponentFile.Parse(Read("templates", "migrate", "template.yml")).Fill(given));
    }

    /// <summary>The example as it stands; only where the program is and what the sample's configuration asks for comes from the project.</summary>
    private static GitLabRunner Example(FileSite site)
    {
        foreach (var script in new[] { "run-tests.sh", "acceptance-tests.sh" })
            File.SetUnixFileMode(Path.Combine(site.Sample.Home, script), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var project = new Dictionary<string, string>
        {
            ["SAFE_DEPLOY_PROGRAM"] = TestServers.Program,
            ["SAFE_DEPLOY_INPUT_ENVIRONMENT"] = "",
            ["SAFE_DEPLOY_INPUT_RELEASE"] = "v2",
            ["DATABASE_URL"] = site.Sample.Database.Url,
            ["BACKUPS"] = site.Sample.Backups,
            ["VERSION"] = "v2",
        };
        return new GitLabRunner(
            GitLabPipeline.Parse(Read("examples", "test-deploy-rollback.gitlab-ci.yml")),
            new GitLabRunnerOptions(site.Sample.Home, Tag("9002").Remove("CI_COMMIT_TAG").Add("CI_COMMIT_BRANCH", "main"), project.ToImmutableDictionary().AddRange(site.Variables.Select(v => KeyValuePair.Create(v.Name, v.Value))), []));
    }

    private static ImmutableDictionary<string, string> Tag(string id) => GitLabJobs.Pipeline(id).Add("CI_COMMIT_TAG", "v2");

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([TestServers.RepositoryRoot, "gitlab", .. path]));
}
