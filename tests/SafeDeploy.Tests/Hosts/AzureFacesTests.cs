using System.Collections.Immutable;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.Azure;
using SafeDeploy.Reporting;

namespace SafeDeploy.Tests.Hosts;

/// <summary>What a task says to the agent: inputs, commands, log, variables.</summary>
public sealed class AzureFacesTests
{
    [Theory]
    [InlineData("dry-run", "dryRun", "INPUT_DRYRUN")]
    [InlineData("pull-request-status", "pullRequestStatus", "INPUT_PULLREQUESTSTATUS")]
    [InlineData("step", "step", "INPUT_STEP")]
    public void An_input_is_written_in_camel_case(string input, string name, string variable) =>
        Assert.Equal((name, variable), (AzureInputs.Name(input), AzureInputs.Variable(input)));

    [Fact]
    public void A_variable_that_is_not_defined_is_named() => Assert.Equal(
        ["release \"v$(Build.Tag)\" names the variable Build.Tag, which is not defined in this job"],
        AzureInputs.Unresolved(ImmutableDictionary<string, string>.Empty.Add("release", "v$(Build.Tag)").Add("reason", "costs $(5)")).Select(w => w.What));

    [Fact]
    public void A_command_escapes_what_would_end_or_split_it() => Assert.Equal(
        "##vso[task.logissue type=error;sourcepath=db/a%3B%5Db.sql;linenumber=3;code=drop-column;]high: 50%AZP25%0A##vso[task.complete result=Succeeded]mine",
        AzureCommands.Annotation(new HostAnnotation("error", "high", "50%\n##vso[task.complete result=Succeeded]mine", "db/a;]b.sql", 3) { Code = "drop-column" }));

    [Theory]
    [InlineData("##vso[task.complete result=Succeeded]", "## vso[task.complete result=Succeeded]")]
    [InlineData("a ##[error]b", "a ## [error]b")]
    [InlineData("#\u200b#\u00advso[task.setsecret]x", "## vso[task.setsecret]x")]
    [InlineData("###vso[a.b]", "### vso[a.b]")]
    [InlineData("## a heading", "## a heading")]
    [InlineData("tenant #7", "tenant #7")]
    public void A_line_of_others_is_no_command(string line, string harmless) => Assert.Equal(harmless, AzureCommands.Neutral(line));

    [Fact]
    public void An_issue_is_cut_at_what_the_agent_keeps() =>
        Assert.InRange(AzureCommands.Annotation(new HostAnnotation("warning", "", new string('x', 9000))).Length, 4000, 4100);

    [Fact]
    public void A_log_reads_like_this()
    {
        var output = new StringWriter();
        using var azure = new AzurePlatform(Variables(), new AzureHandOver("job-token", "", false), output, (_, _, _) => throw new InvalidOperationException("not asked"), () => "1", TimeProvider.System);
        azure.Record("docker-host", "unix:///var/run/docker.sock");
        azure.Mask(["p;w%d"]);
        azure.Log.Write("▸ migrate-tenants: 3 of 3 tenants\n  ##vso[task.complete result=Succeeded]from a tenant's name\n");
        azure.Progress("  tenants", 2, 3);
        azure.Log.Write("SD0301  it failed\n  where      ##[error]x\n");
        azure.Annotate([new HostAnnotation("notice", "safe-deploy", "no report file: disk full"), new HostAnnotation("warning", "safe-deploy", "say it")]);
        azure.Output("previous-digest", "sha256:1");
        azure.Log.Write("▸ rollback: back\n");
        azure.Log.End();
        Golden.Verify(output.ToString());
    }

    [Fact]
    public void The_run_is_linked_at_the_line_of_the_task_and_the_pull_request_of_github_has_its_own_number()
    {
        var azure = AzureContext.Of(Variables());
        Assert.Equal("https://dev.azure.com/acme/point%20of%20sale/_build/results?buildId=7&view=logs&j=J&t=T", azure.RunUrl.AbsoluteUri);
        Assert.Equal(((int?)12, true), (azure.PullRequest, azure.IsAzureRepository));
        var github = AzureContext.Of(Variables().SetItem("BUILD_REPOSITORY_PROVIDER", "GitHub").Add("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "345"));
        Assert.Equal(((int?)345, true), (github.PullRequest, github.IsGitHub));
    }

    [Fact]
    public void A_post_without_a_main_knows_it()
    {
        bool Ran(ImmutableDictionary<string, string> variables)
        {
            using var azure = new AzurePlatform(variables, new AzureHandOver("", "", false), TextWriter.Null, (_, _, _) => throw new InvalidOperationException("not asked"), () => "1", TimeProvider.System);
            return azure.MainRan;
        }

        Assert.False(Ran(Variables()));
        Assert.True(Ran(Variables().Add("VSTS_TASKVARIABLE_SAFE_DEPLOY_STARTED", "true")));
    }

    [Fact]
    public void Only_the_worst_findings_of_changed_files_get_a_thread()
    {
        var plan = new PlanView("prod", true, "refused", [], PlanView.Sorted(
            [Found("a.sql", "critical"), Found("a.sql", "high"), Found("b.sql", "medium"), Found("c.sql", "high"), Found("d.sql", "high")]));
        var threads = LineThread.Of(plan, "app", file => file != "app/c.sql", 2);
        Assert.Equal(["app/a.sql", "app/a.sql"], threads.Select(t => t.File));
        Assert.Equal(["<!-- safe-deploy:finding:prod:drop-column:app/a.sql:1 -->", "<!-- safe-deploy:finding:prod:drop-column:app/a.sql:2 -->"], threads.Select(t => t.Marker));
        Assert.All(threads, t => Assert.StartsWith(t.Marker + "\n", t.Body, StringComparison.Ordinal));
    }

    private static RiskLine Found(string file, string severity) => new(file, 1, "drop-column", severity, "message", "remedy");

    private static ImmutableDictionary<string, string> Variables() => new Dictionary<string, string>
    {
        ["SYSTEM_COLLECTIONURI"] = "https://dev.azure.com/acme/",
        ["SYSTEM_TEAMPROJECT"] = "point of sale",
        ["BUILD_BUILDID"] = "7",
        ["SYSTEM_JOBID"] = "J",
        ["SYSTEM_TASKINSTANCEID"] = "T",
        ["BUILD_REPOSITORY_PROVIDER"] = "TfsGit",
        ["SYSTEM_PULLREQUEST_PULLREQUESTID"] = "12",
    }.ToImmutableDictionary();
}
