using System.Collections.Immutable;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.GitHub;

namespace SafeDeploy.Tests.Hosts;

/// <summary>What a step says to the runner: inputs, files, commands, log.</summary>
public sealed class GitHubFacesTests
{
    [Fact]
    public void An_input_keeps_its_hyphen_in_the_environment() => Assert.Equal("INPUT_DRY-RUN", GitHubInputs.Variable("dry-run"));

    [Fact]
    public void A_host_path_of_the_workspace_is_written_as_the_container_sees_it()
    {
        var inputs = GitHubInputs.Read(new Dictionary<string, string>
        {
            ["GITHUB_REPOSITORY"] = "acme/pos",
            ["GITHUB_WORKSPACE"] = "/github/workspace",
            ["RUNNER_WORKSPACE"] = "/home/runner/work/pos",
            ["INPUT_FILES"] = "db\n/home/runner/work/pos/pos/db/tenant\n/home/runner/work/pos/posters/x",
            ["INPUT_CONFIG"] = "/home/runner/work/pos/pos",
        }.ToImmutableDictionary());
        Assert.Equal("db\n/github/workspace/db/tenant\n/home/runner/work/pos/posters/x", inputs["files"]);
        Assert.Equal("/github/workspace", inputs["config"]);
        Assert.Equal("", inputs["dry-run"]);
    }

    [Fact]
    public void A_value_can_not_end_its_block()
    {
        Assert.Equal("decision<<D1\nc: back\nname=x\nD1\n", GitHubFiles.Block("decision", "c: back\nname=x", "D1"));
        Assert.Throws<ArgumentException>(() => GitHubFiles.Block("decision", "x\nD1\ny", "D1"));
    }

    [Fact]
    public void An_annotation_escapes_what_would_end_or_split_it() => Assert.Equal(
        "::error file=db/a%2Cb.sql,line=3,title=high%3A x::50%25%0A::error::mine",
        GitHubCommands.Annotation(new HostAnnotation("error", "high: x", "50%\n::error::mine", "db/a,b.sql", 3)));

    [Fact]
    public void Ten_annotations_of_a_level_are_shown_the_worst_first()
    {
        var shown = HostAnnotation.Shown(Enumerable.Range(0, 400).Select(i => new HostAnnotation(i % 2 == 0 ? "error" : "warning", "t", $"{i}")));
        Assert.Equal(20, shown.Length);
        Assert.Equal("0", shown[0].Message);
    }

    [Fact]
    public void A_secret_is_masked_in_the_forms_in_which_it_travels()
    {
        var forms = SecretForms.Of("postgres://app:p%40ss%2Fword@db:5432/pos");
        Assert.Contains("p%40ss%2Fword", forms);
        Assert.Contains("p@ss/word", forms);
        Assert.Contains("postgres%3A%2F%2Fapp%3Ap%2540ss%252Fword%40db%3A5432%2Fpos", forms);
        Assert.Equal(["first line", "second"], SecretForms.Of("first line\nsecond").Where(f => !f.Contains('\n', StringComparison.Ordinal) && !f.Contains('%', StringComparison.Ordinal)));
        Assert.Equal("::add-mask::a%25b%0Ac", GitHubCommands.Mask("a%b\nc"));
    }

    [Fact]
    public void No_text_of_the_run_is_read_as_a_command()
    {
        var output = new StringWriter();
        var log = new GitHubLog(output, "TOKEN");
        log.Commands(["::add-mask::secret"]);
        log.Write("▸ migrate-tenants: 3 of 3 tenants\n  ::error::from a tenant's name\n");
        log.Write("SD0301  it failed\n  where      ::set-output name=x::y\n");
        log.Write("▸ rollback: ::stop-commands::TOKEN\r\n  back\n");
        log.End();
        Golden.Verify(output.ToString());
    }

    [Fact]
    public void The_event_tells_pull_request_head_and_fork()
    {
        var variables = ImmutableDictionary<string, string>.Empty.Add("GITHUB_SHA", "merge").Add("GITHUB_REPOSITORY", "acme/pos").Add("GITHUB_RUN_ID", "7");
        var own = GitHubContext.Of(variables, """{"pull_request":{"number":12,"head":{"sha":"abc","repo":{"full_name":"acme/pos"}},"base":{"repo":{"full_name":"acme/pos"}}}}""");
        Assert.Equal((12, false, "abc"), (own.PullRequest, own.IsFork, own.Sha));
        var fork = GitHubContext.Of(variables, """{"pull_request":{"number":12,"head":{"sha":"abc","repo":null},"base":{"repo":{"full_name":"acme/pos"}}}}""");
        Assert.True(fork.IsFork);
        var push = GitHubContext.Of(variables, "{ not json");
        Assert.Equal((null, "merge"), (push.PullRequest, push.Sha));
        Assert.Equal("https://github.com/acme/pos/actions/runs/7", push.RunUrl.ToString());
    }
}
