using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Tests.Architecture;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.Tests.Hosts;

/// <summary>The test runner's own rules, as observed on the real runner; and our faces under them.</summary>
public sealed class RunnerRulesTests
{
    private static readonly Expr Sample = new(
        new Dictionary<string, object?>
        {
            ["env"] = new Dictionary<string, object?> { ["SAFE_DEPLOY_OPEN"] = "1" },
            ["steps"] = new Dictionary<string, object?> { ["up"] = new Dictionary<string, object?> { ["outcome"] = "success" } },
            ["job"] = new Dictionary<string, object?> { ["status"] = "cancelled" },
        },
        new Dictionary<string, Func<object?>> { ["failure"] = () => false, ["cancelled"] = () => true, ["always"] = () => true, ["success"] = () => false });

    [Theory]
    [InlineData("always()", true)]
    [InlineData("failure() || cancelled()", true)]
    [InlineData("failure() && env.SAFE_DEPLOY_OPEN == 1", false)]
    [InlineData("env.SAFE_DEPLOY_OPEN == 1", true)]
    [InlineData("'1' == 1", true)]
    [InlineData("'ABC' == 'abc'", true)]
    [InlineData("env.missing == ''", true)]
    [InlineData("steps.up.outcome != 'failure' && !failure()", true)]
    [InlineData("contains(job['status'], 'CANCEL')", true)]
    [InlineData("(1 < 2) && (2 >= 3 || startsWith('deploy', 'dep'))", true)]
    [InlineData("${{ 'it''s' == 'it''s' }}", true)]
    public void An_expression_is_read_as_the_runner_reads_it(string expression, bool holds) => Assert.Equal(holds, Sample.Condition(expression));

    [Theory]
    [InlineData("secrets.TOKEN")]
    [InlineData("needs.a.result == 'x'")]
    [InlineData("inputs.x")]
    [InlineData("1 == ")]
    [InlineData("unknown()")]
    public void What_the_runner_does_not_know_there_is_refused(string expression) => Assert.Throws<FormatException>(() => Sample.Condition(expression));

    [Fact]
    public void A_template_is_filled_in() => Assert.Equal("success--cancelled", Sample.Text("${{ steps.up.outcome }}-${{ steps.later.outcome }}-${{ job.status }}"));

    [Fact]
    public void A_condition_without_a_status_function_means_success() => Assert.Equal("success() && (env.A == 1)", Expr.OfStep("${{env.A == 1}}"));

    [Fact]
    public void The_files_are_read_line_by_line()
    {
        Assert.Equal([("a", "1=2"), ("b", "x\n\ny=z"), ("c", "<<D")], FileCommands.KeyValues("a=1=2\n\nb<<D\nx\n\ny=z\nD\nc=<<D\n").ToArray());
        foreach (var wrong in new[] { "no sign\n", "b<<D\nx\n", "b<<D\nx\nD ", "<<D\nx\nD\n", "b<<\nx\n\n" })
            Assert.Throws<FormatException>(() => FileCommands.KeyValues(wrong));
    }

    [Fact]
    public void Commands_are_obeyed_masked_counted_and_stopped()
    {
        var masker = new Masker();
        var step = new StdoutCommands(masker, "/");
        foreach (var line in (string[])[
                     "::add-mask::hunter2", "hello hunter2", "::stop-commands::t0k", "::error::not one", "::t0k::", "  ::error title=a%3Ab,file=none.sql::one%0Atwo hunter2", "::nope::x",
                     .. Enumerable.Range(0, 12).Select(i => $"::warning::w{i}"),
                 ])
            step.Read(line);
        Assert.Equal(10, step.Annotations.Count(a => a.Level == "warning"));
        Assert.Equal(12, step.Log.Count(l => l.StartsWith("##[warning]", StringComparison.Ordinal)));
        Assert.Equal(new Annotation("error", "one\ntwo ***", "", "", "a:b"), Assert.Single(step.Annotations, a => a.Level == "error"));
        Assert.Contains("hello ***", step.Log);
        Assert.Contains("::error::not one", step.Log);
        Assert.Contains("::nope::x", step.Log);
        step.Read("::set-env name=a::b");
        Assert.True(step.HasFailed);
    }

    [Theory]
    [InlineData("runs: { using: docker, image: Dockerfile, user: root }", "Unexpected value 'user'")]
    [InlineData("runs: { using: node20, image: Dockerfile }", "'using' is not docker")]
    [InlineData("runs: { using: docker }", "image is not provided")]
    [InlineData("runs: { using: docker, image: ghcr.io/a/b }", "should be either")]
    [InlineData("runs: { using: docker, image: Dockerfile, post-if: [ a ] }", "'post-if' is no text")]
    [InlineData("name: x", "'runs' is missing")]
    public void A_manifest_is_refused_where_the_runner_refuses_it(string text, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => ActionManifest.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Our_faces_obey_our_rules()
    {
        foreach (var (file, verb) in HostModel.Verbs.Select(v => ($"action/{v.Name}/action.yml", v.Name)).Prepend(("action.yml", "")))
        {
            var manifest = ActionManifest.Load(Repository.PathOf(file.Split('/')));
            Assert.Null(manifest.PreEntrypoint);
            Assert.Equal("always()", manifest.PostIf);
            Assert.Equal("${{ job.status }}", manifest.Inputs.Single(i => i.Name == "job-status").Default);
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(Repository.PathOf(file.Split('/')))!, manifest.Image)), $"{file}: {manifest.Image}");
            Assert.Equal(HostModel.Outputs.Select(o => o.Name), manifest.Outputs);
            Assert.Equal(verb.Length == 0 ? HostModel.InputsOn(CiHosts.GitHub).Select(i => i.Name).Prepend("step") : HostModel.InputsOn(CiHosts.GitHub).Where(i => i.IsOf(verb)).Select(i => i.Name), manifest.Inputs.Select(i => i.Name));
        }
    }

    [Fact]
    public void A_release_finds_the_image_in_every_face()
    {
        Assert.Contains(@"s#^  image: .*Dockerfile\$#", File.ReadAllText(Repository.PathOf(".github", "workflows", "release.yml")), StringComparison.Ordinal);
        foreach (var file in HostModel.Verbs.Select(v => $"action/{v.Name}/action.yml").Prepend("action.yml"))
            Assert.Single(File.ReadLines(Repository.PathOf(file.Split('/'))), l => l.StartsWith("  image: ", StringComparison.Ordinal) && l.EndsWith("Dockerfile", StringComparison.Ordinal));
    }
}
