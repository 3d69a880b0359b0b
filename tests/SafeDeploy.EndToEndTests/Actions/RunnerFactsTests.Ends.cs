using System.Globalization;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>How steps and jobs end: what a post is told, what a cancel waits for, what outlives a worker.</summary>
public sealed partial class RunnerFactsTests
{
    // sh drops variables whose names it could not write; the process was given them all the same.
    private const string Status = "tr '\\0' '\\n' < /proc/1/environ | grep ^INPUT_JOB-STATUS=";

    [Fact]
    public async Task Posts_of_three_actions_run_in_reverse_after_a_failed_line_of_the_workflow()
    {
        var job = await action.Job().RunAsync(action.Step("a"), action.Step("b"), action.Step("c"), new JobStep("test") { Run = _ => Task.FromResult(1) });
        Assert.Equal(
            """
            Run acme/a@v1: success
            Run acme/b@v1: success
            Run acme/c@v1: success
            test: failure
            Post Run acme/c@v1: success
            Post Run acme/b@v1: success
            Post Run acme/a@v1: success
            """, job.Course);
    }

    [Theory]
    [InlineData("true", false, "success")]
    [InlineData("exit 3", false, "failure")]
    [InlineData("exit 3", true, "success")]
    public async Task A_post_is_told_how_the_job_stands_and_its_main_that_all_is_well(string end, bool continues, string told)
    {
        var job = await action.Job().RunAsync(action.Step("a", $"{Status}; {end}", Status) with { ContinueOnError = continues });
        Assert.Equal(["INPUT_JOB-STATUS=success"], job.Step("Run acme/a@v1").Log.Where(l => l.StartsWith("INPUT_", StringComparison.Ordinal)));
        Assert.Equal($"INPUT_JOB-STATUS={told}", Assert.Single(job.Step("Post Run acme/a@v1").Log));
    }

    [Fact]
    public async Task An_input_with_a_hyphen_is_in_the_environment_and_no_variable_of_a_shell()
    {
        var job = await action.Job().RunAsync(action.Step("a", "env | grep ^INPUT_DRY || echo no variable; tr '\\0' '\\n' < /proc/1/environ | grep ^INPUT_DRY", with: ("dry-run", "yes")));
        Assert.Equal(["no variable", "INPUT_DRY-RUN=yes"], job.Steps[0].Log.TakeLast(2));
    }

    [Fact]
    public async Task What_is_to_be_masked_is_in_no_log_and_no_summary()
    {
        var job = await action.Job().RunAsync(action.Step("a", "echo ::add-mask::hunter2; echo it is hunter2; echo it was hunter2 >> $GITHUB_STEP_SUMMARY"));
        Assert.Equal(("it is ***", "it was ***\n"), (job.Steps[0].Log[^1], job.Steps[0].Summary));
        Assert.DoesNotContain("hunter2", job.Everything, StringComparison.Ordinal);
    }

    /// <summary>With the real runner's own patience, so it lasts ten seconds.</summary>
    [Fact]
    public async Task A_cancelled_main_gets_INT_and_7_5_seconds_later_TERM_and_is_given_up_after_2_5_more()
    {
        const string deaf = "trap 'echo INT $(cut -d. -f1 /proc/uptime)' INT; trap 'echo TERM $(cut -d. -f1 /proc/uptime)' TERM; echo up; i=0; while [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done";
        var job = action.Job(o => o with { InterruptWait = TimeSpan.FromSeconds(7.5), TerminateWait = TimeSpan.FromSeconds(2.5) });
        var running = job.RunAsync(action.Step("deaf", deaf, Status, "post-entrypoint: /post\npost-if: failure() || cancelled()"), action.Step("next"));
        await ScriptAction.UntilAsync(() => job.HasSaid("up"), "the main", running);
        var container = job.Running!.Name;
        job.Cancel();
        var report = await running;
        Assert.Equal("Run acme/deaf@v1: cancelled\nRun acme/next@v1: skipped\nPost Run acme/deaf@v1: success", report.Course);
        Assert.Equal("INPUT_JOB-STATUS=cancelled", Assert.Single(report.Step("Post Run acme/deaf@v1").Log));
        // Whole seconds of the machine's clock; the shell hears between two sleeps.
        Assert.InRange(At("TERM") - At("INT"), 7, 12);
        Assert.Contains(container, await ContainerLabel.DockerAsync("ps", "--format", "{{.Names}}"), StringComparison.Ordinal);

        int At(string signal) => int.Parse(report.Steps[0].Log.Single(l => l.StartsWith($"{signal} ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_killed_worker_runs_nothing_more_and_its_container_ends_by_itself()
    {
        var job = action.Job();
        var running = job.RunAsync(action.Step("alone", "echo up; until [ -e /github/workspace/go ]; do sleep 0.1; done"), action.Step("next"));
        await ScriptAction.UntilAsync(() => job.HasSaid("up"), "the main", running);
        var container = job.Running!.Name;
        job.Kill();
        var report = await running;
        Assert.Single(report.Steps);
        // What a container says arrives before the engine counts it among those that run.
        await Eventually.Async(async () => (await NamesAsync("ps")).Contains(container, StringComparison.Ordinal), TimeSpan.FromSeconds(10), what: "the container runs");
        await File.WriteAllTextAsync(Path.Combine(job.Workspace, "go"), "");
        await Eventually.Async(async () => !(await NamesAsync("ps", "--all")).Contains(container, StringComparison.Ordinal), TimeSpan.FromSeconds(60), what: "the container is gone");
    }

    private static Task<string> NamesAsync(params string[] list) => ContainerLabel.DockerAsync([.. list, "--format", "{{.Names}}"]);
}
