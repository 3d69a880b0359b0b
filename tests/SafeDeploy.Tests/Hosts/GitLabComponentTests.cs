using System.Text.RegularExpressions;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.GitLab;
using SafeDeploy.Tests.Architecture;
using SafeDeploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SafeDeploy.Tests.Hosts;

/// <summary>The component under GitLab's own rules: what an include gives is what the program gets.</summary>
public sealed class GitLabComponentTests
{
    private static readonly Dictionary<string, string> Tag = new() { ["CI_COMMIT_TAG"] = "v2", ["CI_DEFAULT_BRANCH"] = "main" };
    private static readonly Dictionary<string, string> MergeRequest = new() { ["CI_PIPELINE_SOURCE"] = "merge_request_event", ["CI_DEFAULT_BRANCH"] = "main" };
    private static readonly Dictionary<string, string> Branch = new() { ["CI_COMMIT_BRANCH"] = "main", ["CI_DEFAULT_BRANCH"] = "main" };

    private static GitLabComponentFile Component => GitLabComponentFile.Parse(Repository.Read("gitlab/templates/migrate/template.yml"));

    [Fact]
    public void A_merge_request_has_a_plan_and_a_tag_a_deployment_and_its_recovery()
    {
        var pipeline = GitLabPipeline.Parse(Component.Fill(Given()));
        Assert.Equal(["safe-deploy-plan"], pipeline.Jobs(MergeRequest).Select(j => j.Name));
        Assert.Equal(["safe-deploy-plan"], pipeline.Jobs(Branch).Select(j => j.Name));
        Assert.Equal(["safe-deploy-deploy", "safe-deploy-recover"], pipeline.Jobs(Tag).Select(j => j.Name));
        Assert.Empty(pipeline.Jobs(new Dictionary<string, string> { ["CI_COMMIT_BRANCH"] = "topic", ["CI_DEFAULT_BRANCH"] = "main" }));
    }

    [Fact]
    public void Every_input_of_the_model_reaches_the_program_by_its_job()
    {
        var given = HostModel.InputsOn(CiHosts.GitLab).Where(i => Component.Inputs.Any(c => c.Name == i.Name)).ToDictionary(i => i.Name, Sample);
        var pipeline = GitLabPipeline.Parse(Component.Fill(given.ToDictionary(g => g.Key, g => Yaml(g.Value.Yaml))));
        foreach (var (job, verb) in new[] { (pipeline.Jobs(MergeRequest)[0], "plan"), (pipeline.Jobs(Tag)[0], "run"), (pipeline.Jobs(Tag)[1], "recover") })
        {
            var inputs = GitLabInputs.Read(job.Variables);
            var expected = HostModel.InputsOn(CiHosts.GitLab).Where(i => i.IsOf(verb) && given.ContainsKey(i.Name)).ToArray();
            Assert.Equal(expected.Select(i => (i.Name, given[i.Name].Text)), expected.Select(i => (i.Name, inputs[i.Name])));
            Assert.Empty(HostCommandLine.Of(verb, inputs, GitLabInputs.Words).Wrong);
        }

        // What only makes sense by a person's hand is no input of a job that nobody watches.
        Assert.Equal(["own-run", "take-over", "dry-run", "to", "park-for"], HostModel.InputsOn(CiHosts.GitLab).Select(i => i.Name).Except(given.Keys).OrderBy(n => Array.IndexOf(["own-run", "take-over", "dry-run", "to", "park-for"], n)));
    }

    [Theory]
    [InlineData("it's \"quoted\": # - [a] {b} & *c | > ! % @ `d` \\n, 100%")]
    [InlineData("  begins with blanks")]
    [InlineData("true")]
    [InlineData("$CI_COMMIT_TAG")]
    public void A_text_stays_the_text_that_it_is_and_breaks_nothing(string reason)
    {
        var jobs = GitLabPipeline.Parse(Component.Fill(Given(("reason", reason)))).Jobs(Tag);
        Assert.Equal(reason.Trim(), jobs[0].Variables["SAFE_DEPLOY_INPUT_REASON"].Trim());
        Assert.Equal(2, jobs.Length);
    }

    [Theory]
    [InlineData("reason", "'a\n\n  script: [ evil ]'", "does not match required RegEx")]
    [InlineData("deploy-stage", "'de''ploy'", "does not match required RegEx")]
    [InlineData("comment", "sometimes", "not in the list of allowed options")]
    [InlineData("accept-drift", "'true'", "is not a boolean")]
    [InlineData("files", "db/tenant", "is not a array")]
    [InlineData("own-run", "'false'", "unknown input arguments")]
    public void A_wrong_input_is_refused_when_the_pipeline_is_made(string name, string yaml, string message) => Assert.Contains(
        message, Assert.Throws<FormatException>(() => Component.Fill(new Dictionary<string, YamlNode> { [name] = Yaml(yaml) })).Message, StringComparison.Ordinal);

    [Fact]
    public void The_deploy_job_is_alone_is_not_cancelled_and_has_time_for_its_hook()
    {
        var job = GitLabPipeline.Parse(Component.Fill(Given())).Jobs(Tag)[0];
        string Key(string name) => job.Node.Children[new YamlScalarNode(name)].ToString();
        Assert.Equal(("false", "production"), (Key("interruptible"), Key("resource_group")));
        TimeSpan Time(string variable) => Duration.TryParse(job.Variables[variable])!.Value;
        Assert.True(Time("RUNNER_SCRIPT_TIMEOUT") + Time("RUNNER_AFTER_SCRIPT_TIMEOUT") <= Duration.TryParse(Key("timeout")), "script and hook do not fit into the job");
        Assert.True(Time("RUNNER_AFTER_SCRIPT_TIMEOUT") > Time("SAFE_DEPLOY_INPUT_ROLLBACK_WITHIN"), "the hook is cut off before its own time box ends");
        Assert.Equal("false", job.Variables["AFTER_SCRIPT_IGNORE_ERRORS"]);
        Assert.Contains("--post", Assert.Single(job.AfterScript), StringComparison.Ordinal);
    }

    [Fact]
    public void The_recover_job_runs_only_after_a_failure_and_takes_only_its_own_pipelines()
    {
        var job = GitLabPipeline.Parse(Component.Fill(Given(("job-prefix", "db:")))).Jobs(Tag)[1];
        Assert.Equal(("db:recover", "on_failure", ".post", "true"), (job.Name, job.When, job.Stage, job.Variables["SAFE_DEPLOY_INPUT_OWN_RUN"]));
        Assert.Equal("db:deploy", Assert.Single(job.Needs!.Value));
        Assert.Contains("--own-run", HostCommandLine.Of("recover", GitLabInputs.Read(job.Variables), GitLabInputs.Words).Arguments);
    }

    [Fact]
    public void No_input_is_ever_part_of_a_command()
    {
        var text = Repository.Read("gitlab/templates/migrate/template.yml");
        foreach (var script in Regex.Matches(text, @"^    - .*$", RegexOptions.Multiline).Select(m => m.Value))
            Assert.DoesNotContain("$[[", script, StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_with_the_component_is_accepted()
    {
        var example = GitLabPipeline.Parse(Repository.Read("gitlab/examples/component.gitlab-ci.yml"));
        var inputs = example.ComponentInputs();
        Assert.NotEmpty(inputs);
        var pipeline = GitLabPipeline.Parse(Component.Fill(inputs));
        Assert.Equal("db/public\ndb/tenant", GitLabInputs.Read(pipeline.Jobs(MergeRequest)[0].Variables)["files"]);
    }

    [Fact]
    public void The_example_without_it_names_only_steps_and_inputs_that_exist()
    {
        var jobs = GitLabPipeline.Parse(Repository.Read("gitlab/examples/test-deploy-rollback.gitlab-ci.yml")).Jobs(Branch);
        Assert.Equal(["test", "deploy", "acceptance", "commit", "rollback"], jobs.Select(j => j.Name));
        var known = HostModel.InputsOn(CiHosts.GitLab).Select(i => GitLabInputs.Variable(i.Name)).ToHashSet();
        foreach (var job in jobs)
        {
            Assert.Empty(job.Variables.Keys.Where(v => v.StartsWith("SAFE_DEPLOY_INPUT_", StringComparison.Ordinal)).Except(known));
            foreach (var verb in job.Script.Concat(job.AfterScript).Where(l => l.Contains(" action ", StringComparison.Ordinal)).Select(l => l.Split(" action ")[1].Split(' ')[0]))
                Assert.NotNull(HostModel.Verb(verb));
        }

        Assert.Contains(((YamlMappingNode)jobs[1].Node.Children[new YamlScalarNode("image")]).Children[new YamlScalarNode("name")].ToString(), Repository.Read("gitlab/templates/migrate/template.yml"), StringComparison.Ordinal);
        Assert.Equal(["verify-health"], jobs[3].Script.Select(l => l.Split(' ')[^1]));
        Assert.Equal(("on_failure", "true"), (jobs[4].When, jobs[4].Variables["SAFE_DEPLOY_INPUT_OWN_RUN"]));
    }

    [Theory]
    [InlineData("a: { stage: test }", "script config")]
    [InlineData("a: { script: [ x ], stage: later }", "chosen stage later does not exist")]
    [InlineData("a: { script: [ x ], command: y }", "unknown keys: command")]
    [InlineData("a: { script: [ x ], tags: one }", "tags config should be an array")]
    [InlineData("a: { script: [ x ], environment: { name: '' } }", "environment name can't be blank")]
    [InlineData("a: { script: [ x: y ] }", "script config")]
    [InlineData("a: { script: [ x ], artifacts: { expose_as: 'a.b' } }", "expose as")]
    public void What_gitlab_refuses_the_test_refuses_too(string yaml, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => GitLabPipeline.Parse(yaml)).Message, StringComparison.Ordinal);

    private static Dictionary<string, YamlNode> Given(params (string Name, string Text)[] given) =>
        given.ToDictionary(g => g.Name, YamlNode (g) => new YamlScalarNode(g.Text) { Style = YamlDotNet.Core.ScalarStyle.DoubleQuoted });

    private static (string Yaml, string Text) Sample(HostInput input) => input switch
    {
        { Kind: InputKind.Lines, Words.IsEmpty: false } => ($"[ {input.Words[0]} ]", input.Words[0]),
        { Kind: InputKind.Lines } => ("[ db/a b.sql, db/c.sql ]", "db/a b.sql\ndb/c.sql"),
        { Kind: InputKind.Flag } or { Words: ["true", "false"] } => ("true", "true"),
        { Words.IsEmpty: false } => (input.Words[^1], input.Words[^1]),
        { Form: InputForm.Duration } => ("7m", "7m"),
        _ => ($"'of {input.Name}'", $"of {input.Name}"),
    };

    private static YamlNode Yaml(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return yaml.Documents[0].RootNode;
    }
}
