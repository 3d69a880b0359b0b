using System.Collections.Immutable;
using System.Text;
using SafeDeploy.Cli.Actions;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.GitLab;
using SafeDeploy.Reporting;

namespace SafeDeploy.Tests.Hosts;

/// <summary>What a job of GitLab is given and what it leaves: variables, log, dotenv, Code Quality, notes.</summary>
public sealed class GitLabFacesTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("sd-gitlab-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void A_job_that_sets_nothing_has_the_defaults_of_the_manifest()
    {
        var inputs = GitLabInputs.Read(ImmutableDictionary<string, string>.Empty);
        Assert.Equal(("safe-deploy.yml", "on-risk", "always", "", ""), (inputs["config"], inputs["comment"], inputs["summary"], inputs["github-token"], inputs["step"]));
        Assert.Equal(HostModel.Inputs.Select(i => i.Name).Append("step").Order(), inputs.Keys.Order());
    }

    [Theory]
    [InlineData("""["db/a b.sql","db/c.sql"]""", "db/a b.sql\ndb/c.sql")]
    [InlineData("db/a.sql\ndb/c.sql", "db/a.sql\ndb/c.sql")]
    [InlineData("[odd].sql", "[odd].sql")]
    public void A_list_is_an_array_of_the_component_or_lines_of_a_variable(string given, string files) =>
        Assert.Equal(files, GitLabInputs.Read(ImmutableDictionary<string, string>.Empty.Add("SAFE_DEPLOY_INPUT_FILES", given))["files"]);

    [Fact]
    public void The_variables_tell_merge_request_and_fork()
    {
        var own = GitLabContext.Of(Variables(("CI_MERGE_REQUEST_IID", "12"), ("CI_MERGE_REQUEST_PROJECT_ID", "7"), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "7")));
        Assert.Equal((12, "7", false), (own.MergeRequest, own.Target, own.IsFork));
        // The pipeline of a fork runs in the fork's project.
        var fork = GitLabContext.Of(Variables(("CI_PROJECT_ID", "99"), ("CI_MERGE_REQUEST_IID", "12"), ("CI_MERGE_REQUEST_PROJECT_ID", "7"), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "99")));
        Assert.Equal((12, "7", true), (fork.MergeRequest, fork.Target, fork.IsFork));
        var branch = GitLabContext.Of(Variables());
        Assert.Equal((null, "7", false), (branch.MergeRequest, branch.Target, branch.IsFork));
    }

    [Fact]
    public void The_host_is_named_or_known_by_its_variables()
    {
        Assert.Equal("gitlab", HostChoice.NameOf(null, Variables(("GITLAB_CI", "true"))));
        Assert.Equal("github", HostChoice.NameOf("github", Variables(("GITLAB_CI", "true"))));
    }

    [Fact]
    public void No_text_of_the_run_opens_a_section_or_colours_the_log_of_gitlab()
    {
        var output = new StringWriter();
        var log = new GitLabLog(output, new FakeClock());
        log.Write("▸ migrate-tenants: 3 of 3 tenants\n  \u001b[31mred\u001b[0m section_start:1:mine\r\u001b[0Kmine\n");
        log.Write("SD0301  it failed\n  where      \u001b[0Ksection_end:1:safe_deploy\r\u001b[0K\u0007\u009b2J\n");
        log.Write("▸ rollback: \u001b[0Ksection_start:2:x\r\u001b[0K\n  back\n");
        log.Commands([GitLabCommands.Annotation(new HostAnnotation("error", "high: a\u001b[1m", "two\nlines\r\u001b[0K", "db/a.sql", 3))]);
        log.End();
        // So that the golden can be read.
        Golden.Verify(output.ToString().Replace("\u001b", "<ESC>", StringComparison.Ordinal).Replace("\r", "<CR>", StringComparison.Ordinal).Replace("\u200b", "<ZW>", StringComparison.Ordinal));
    }

    [Fact]
    public void Results_are_one_line_each_inside_what_gitlab_takes_and_expand_to_nothing()
    {
        Assert.Equal("a b cHOME 5 of x", GitLabFiles.Dotenv("a\r\nb\tc$HOME 5% of x ").Replace("  ", " ", StringComparison.Ordinal));
        using var host = Host();
        foreach (var output in HostModel.Outputs)
            host.Output(output.Name, string.Concat(Enumerable.Repeat("ä$\n", 4000)));
        var file = File.ReadAllText(Path.Combine(_home, ".safe-deploy", "outputs.env"));
        Assert.InRange(Encoding.UTF8.GetByteCount(file), 1000, 5 * 1024 - 1);
        var lines = file.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(HostModel.Outputs.Select(o => o.Name).Order(), lines.Select(l => l.Split('=')[0]["SAFE_DEPLOY_OUTPUT_".Length..].Replace('_', '-').ToLowerInvariant()).Order());
        Assert.InRange(lines.Length, 1, 20);
    }

    [Fact]
    public void What_the_script_was_given_reaches_the_after_script_of_the_same_job_alone()
    {
        using (var main = Host())
        {
            main.Record("release", "v2");
            main.Record("config", "deploy/safe-deploy.yml");
        }

        using var post = Host();
        Assert.Equal(("v2", "deploy/safe-deploy.yml", null), (post.Recorded("release"), post.Recorded("config"), post.Recorded("image")));
        using var other = Host(("CI_JOB_ID", "5"));
        Assert.Null(other.Recorded("release"));
        File.WriteAllText(Path.Combine(_home, ".safe-deploy", "job-4.json"), "{ cut o");
        Assert.Null(post.Recorded("release"));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_costs_the_files_and_not_the_step()
    {
        File.WriteAllText(Path.Combine(_home, ".safe-deploy"), "a file where the folder should be");
        var output = new StringWriter();
        using (var host = new GitLabPlatform(Variables(("CI_PROJECT_DIR", _home)), output, new FakeClock()))
            host.Record("release", "v2");
        Assert.Contains("not written below .safe-deploy", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Findings_are_a_code_quality_report()
    {
        var plan = new PlanView("prod", true, "refused", [],
        [
            new RiskLine("db/tenant/2.sql", 3, "create-index-without-concurrently", "high", "blocks writes to \"sale\" (s3cret)", "CREATE INDEX CONCURRENTLY"),
            new RiskLine("db/tenant/2.sql", 9, "create-index-without-concurrently", "high", "blocks writes to \"sale\" (s3cret)", "CREATE INDEX CONCURRENTLY"),
            new RiskLine("./db/tenant/1.sql", 0, "drop-table", "critical", "x", "y"),
        ]);
        var report = GitLabCodeQuality.Of(plan, "app", new Redactor(["s3cret"]));
        Golden.Verify(report.Replace("},{", "},\n{", StringComparison.Ordinal) + "\n");
        // Moved by a line above it, it is still the same finding.
        var moved = plan with { Findings = [.. plan.Findings.Select(f => f with { Line = f.Line + 40 })] };
        string[] Prints(PlanView view) => [.. System.Text.RegularExpressions.Regex.Matches(GitLabCodeQuality.Of(view, "app", Redactor.None), "[0-9a-f]{64}").Select(m => m.Value)];
        Assert.Equal(Prints(plan), Prints(moved));
        Assert.Equal(3, Prints(plan).Distinct().Count());
        Assert.Equal("[]", GitLabCodeQuality.Of(plan with { Findings = [] }, "", Redactor.None));
        Assert.Equal(["info", "minor", "major", "critical", "blocker"], new[] { "info", "low", "medium", "high", "critical" }.Select(GitLabCodeQuality.SeverityOf));
    }

    [Fact]
    public void No_line_of_a_note_is_a_quick_action_and_code_can_be_copied() => Assert.Equal(
        "text\n\u200b/merge\n\u200b  /close see !\u200b12 and a! 5\n```sql\n/* !12 */\n/approve\n```\n\u200b/assign\n````text\n```\n/x\n````\n\u200b/y",
        GitLabMarkdown.Harmless("text\n/merge\n  /close see !12 and a! 5\n```sql\n/* !12 */\n/approve\n```\n/assign\n````text\n```\n/x\n````\n/y"));

    [Fact]
    public void A_database_at_localhost_is_a_mistake_only_inside_a_container_of_the_job()
    {
        using var disposable = Host(("CI_DISPOSABLE_ENVIRONMENT", "true"));
        Assert.Contains("localhost", disposable.LoopbackHint("localhost")!, StringComparison.Ordinal);
        using var shell = Host();
        Assert.Null(shell.LoopbackHint("localhost"));
    }

    private GitLabPlatform Host(params (string, string)[] more) => new(Variables([("CI_PROJECT_DIR", _home), ("CI_JOB_ID", "4"), .. more]), TextWriter.Null, new FakeClock());

    private static ImmutableDictionary<string, string> Variables(params (string Name, string Value)[] more) =>
        ImmutableDictionary<string, string>.Empty.Add("CI_PROJECT_ID", "7").SetItems(more.Select(m => KeyValuePair.Create(m.Name, m.Value)));
}
