using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>What was observed on the real runner holds on ours: conditions, order, state, files, limits. docs/contributing/test-runner.md has the list.</summary>
public sealed partial class RunnerFactsTests(ScriptAction action) : IClassFixture<ScriptAction>
{
    private const string Deaf = "trap '' INT TERM; echo up; i=0; while [ $i -lt 200 ]; do sleep 0.1; i=$((i+1)); done";

    [Fact]
    public async Task Posts_run_in_reverse_after_all_mains_and_a_skipped_main_has_none()
    {
        var job = await action.Job().RunAsync(
            action.Step("migrate", runs: "pre-entrypoint: /pre\npost-entrypoint: /post"), action.Step("up", "exit 3"), action.Step("never") with { If = "false" }, new JobStep("last"));
        Assert.Equal(
            """
            Pre Run acme/migrate@v1: success
            Run acme/migrate@v1: success
            Run acme/up@v1: failure
            Run acme/never@v1: skipped
            last: skipped
            Post Run acme/up@v1: success
            Post Run acme/migrate@v1: success
            """, job.Course);
        Assert.Equal(JobConclusion.Failure, job.Conclusion);
    }

    [Fact]
    public async Task State_outputs_and_summary_of_a_failed_main_count_and_inputs_are_evaluated_again()
    {
        var main = "echo seen=$INPUT_NAME; echo k=v >> $GITHUB_OUTPUT; echo s=kept >> $GITHUB_STATE; echo sum >> $GITHUB_STEP_SUMMARY; [ -z \"$INPUT_DRY_RUN\" ]; exit 3";
        var job = await action.Job().RunAsync(
            action.Step("up"), action.Step("later", main, "echo $STATE_s; echo seen=$INPUT_NAME", with: ("name", "${{ steps.up.outcome }}-${{ steps.later.outcome }}")));
        Assert.Equal("v", job.Outputs["later"]["k"]);
        Assert.Equal("sum\n", job.Step("Run acme/later@v1").Summary);
        Assert.Contains("seen=success-", job.Step("Run acme/later@v1").Log);
        var post = job.Step("Post Run acme/later@v1").Log;
        Assert.Contains("kept", post);
        Assert.Contains("seen=success-failure", post);
    }

    [Fact]
    public async Task Continue_on_error_is_no_failure_and_a_failed_post_is_one_for_the_posts_after_it()
    {
        var onFailure = "post-entrypoint: /post\npost-if: failure()";
        var quiet = await action.Job().RunAsync(action.Step("a", "exit 1", runs: onFailure) with { ContinueOnError = true });
        Assert.Equal((JobConclusion.Success, "Run acme/a@v1: success\nPost Run acme/a@v1: skipped"), (quiet.Conclusion, quiet.Course));
        var loud = await action.Job().RunAsync(action.Step("early", runs: onFailure), action.Step("late", post: "exit 7"));
        Assert.Equal(JobConclusion.Failure, loud.Conclusion);
        Assert.EndsWith("Post Run acme/late@v1: failure\nPost Run acme/early@v1: success", loud.Course, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_condition_reads_what_a_later_step_set()
    {
        var open = "post-entrypoint: /post\npost-if: failure() && env.OPEN == 1";
        foreach (var (value, ran) in new[] { ("1", "success"), ("0", "skipped") })
        {
            var job = await action.Job().RunAsync(action.Step("a", runs: open), new JobStep("set")
            {
                Run = env =>
                {
                    env["OPEN"] = value;
                    return Task.FromResult(1);
                },
            });
            Assert.Equal(ran, job.Step("Post Run acme/a@v1").Conclusion);
        }
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are_and_the_command_line_holds_no_value()
    {
        var runs = "args: [ 'a \"quoted\" $HOME b\\c' ]\npre-entrypoint: /pre\npost-entrypoint: /post";
        var step = action.Step("args", runs: runs) with { Env = [("SECRET", "hunter2")] };
        var manifest = step.Uses!.Manifest;
        Assert.Equal("a \"quoted\" $HOME b\\c", Assert.Single(manifest.Arguments));
        // The script sees its own arguments only through the kernel's line of it.
        const string show = "tr '\\0' '|' < /proc/1/cmdline; echo";
        var job = await action.Job().RunAsync(step with { With = [("pre", show), ("main", show), ("post", show)] });
        foreach (var stage in (string[])["Pre Run", "Run", "Post Run"])
            Assert.Contains("|a \"quoted\" $HOME b\\c|", Assert.Single(job.Step($"{stage} acme/args@v1").Log), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", job.Everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_input_longer_than_the_kernel_takes_and_a_docker_host_in_the_environment_fail_before_the_start()
    {
        var job = await action.Job().RunAsync(action.Step("long", with: ("name", new string('x', 140_000))));
        Assert.Contains(job.Steps[0].Annotations, a => a.Message.Contains("Argument list too long", StringComparison.Ordinal));
        var away = await action.Job().RunAsync(action.Step("away") with { Env = [("DOCKER_HOST", "tcp://127.0.0.1:1")] });
        Assert.Equal("Run acme/away@v1: failure\nPost Run acme/away@v1: failure", away.Course);
    }

    [Fact]
    public async Task A_summary_a_byte_too_long_is_dropped_and_the_step_goes_on()
    {
        var job = await action.Job().RunAsync(action.Step("big", "yes 12345678901234567890123456789012345678901234567890123456789012 | head -c 1048577 >> $GITHUB_STEP_SUMMARY"));
        Assert.Equal(("success", ""), (job.Steps[0].Conclusion, job.Steps[0].Summary));
        Assert.Contains("upload aborted", Assert.Single(job.Steps[0].Annotations).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_sub_paths_with_one_Dockerfile_are_built_once_each_from_the_root_and_the_second_is_cached()
    {
        var job = await action.Job().RunAsync(action.Built("a"), action.Built("b"), action.Built("a") with { Id = "again" });
        Assert.Equal(
            """
            Build acme/tool/a@v1: success
            Build acme/tool/b@v1: success
            Run acme/tool/a@v1: success
            Run acme/tool/b@v1: success
            Run acme/tool/a@v1: success
            """, job.Course);
        Assert.Contains(job.Steps[1].Log, l => l.Contains("Using cache", StringComparison.Ordinal));
        Assert.All(job.Steps.Skip(2), s => Assert.Contains("from the root", s.Log));
    }

    [Fact]
    public async Task A_local_action_has_no_pre_step_and_is_told_so()
    {
        var step = action.Step("local", "echo main", "echo post", "pre-entrypoint: /pre\npost-entrypoint: /post");
        var job = await action.Job().RunAsync(step with { Uses = step.Uses! with { Reference = "./act" } });
        Assert.Equal("Run ./act: success\nPost Run ./act: success", job.Course);
        Assert.Contains("`pre` execution is not supported", Assert.Single(job.Steps[0].Annotations).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_is_reached_by_its_id_from_an_action_and_not_by_its_loopback_address()
    {
        var job = await action.Job(o => o with { Services = [new JobService("web", action.Image, [("INPUT_MAIN", "mkdir /w; echo served > /w/f; httpd -f -p 8000 -h /w")])] }).RunAsync(
            action.Step("ask", "i=0; until wget -q -O - http://web:8000/f; do i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.1; done; ! wget -q -O - http://127.0.0.1:8000/f", "wget -q -O - http://web:8000/f"));
        Assert.Equal("Run acme/ask@v1: success\nPost Run acme/ask@v1: success", job.Course);
        Assert.Contains(" --network github_network_", job.Steps[0].DockerRun, StringComparison.Ordinal);
        Assert.All(job.Steps, s => Assert.Contains("served", s.Log));
        Assert.Equal("", await ContainerLabel.DockerAsync("network", "ls", "-q", "--filter", $"label={action.Label}"));
    }

    [Fact]
    public async Task A_cancelled_main_that_hears_nothing_is_left_running_and_its_post_sees_it()
    {
        var job = action.Job();
        var running = job.RunAsync(action.Step("deaf", Deaf, "echo status=$(env | grep ^INPUT_JOB-STATUS=)"), action.Step("next"));
        await ScriptAction.UntilAsync(() => job.HasSaid("up"), "the main", running);
        var container = job.Running!.Name;
        job.Cancel();
        var report = await running;
        Assert.Equal("Run acme/deaf@v1: cancelled\nRun acme/next@v1: skipped\nPost Run acme/deaf@v1: success", report.Course);
        Assert.Equal(JobConclusion.Cancelled, report.Conclusion);
        Assert.Contains(container, await ContainerLabel.DockerAsync("ps", "--format", "{{.Names}}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--wait", 0.5, null)]
    [InlineData("--wait --hear", 30, 5)]
    public async Task A_NET_program_as_process_1_hears_the_signals_that_it_registered_for_and_no_other(string line, double patience, int? exit)
    {
        var job = action.Job(o => o with { InterruptWait = TimeSpan.FromSeconds(patience), TerminateWait = TimeSpan.FromSeconds(patience) });
        var step = action.Step("net", $"exec dotnet /app/LoadGenerator.dll {line}");
        var running = job.RunAsync(step with { Uses = step.Uses! with { Image = await action.NetImageAsync() } });
        await ScriptAction.UntilAsync(() => job.HasSaid("waiting"), "the program", running);
        var container = job.Running!.Name;
        job.Cancel();
        var report = await running;
        Assert.Equal(("cancelled", exit), (report.Steps[0].Conclusion, report.Steps[0].ExitCode));
        Assert.Equal(exit is null, (await ContainerLabel.DockerAsync("ps", "--format", "{{.Names}}")).Contains(container, StringComparison.Ordinal));
        Assert.Equal(exit is not null, report.Steps[0].Log.Contains("cleaned up after SIGINT"));
    }

    [Theory]
    [InlineData("failure()", "cancelled")]
    [InlineData("failure() || cancelled()", "success")]
    [InlineData("always()", "success")]
    public async Task A_cancel_during_a_post_asks_its_condition_again(string condition, string conclusion)
    {
        var job = action.Job(o => o with { InterruptWait = TimeSpan.FromSeconds(30) });
        var running = job.RunAsync(action.Step(
            "a", "exit 1", "trap 'echo heard; exit 0' INT; echo post-up; i=0; while [ $i -lt 30 ]; do sleep 0.1; i=$((i+1)); done; echo post-end", $"post-entrypoint: /post\npost-if: {condition}"));
        await ScriptAction.UntilAsync(() => job.HasSaid("post-up"), "the post", running);
        job.Cancel();
        var report = await running;
        var post = report.Step("Post Run acme/a@v1");
        Assert.Equal((JobConclusion.Cancelled, conclusion), (report.Conclusion, post.Conclusion));
        Assert.Equal(conclusion == "cancelled", post.Log.Contains("heard"));
        Assert.Equal(conclusion == "success", post.Log.Contains("post-end"));
    }

    [Fact]
    public async Task A_step_that_takes_too_long_fails_and_a_shutdown_asks_no_condition()
    {
        var late = await action.Job().RunAsync(action.Step("late", "sleep 20", runs: "post-entrypoint: /post\npost-if: failure()") with { Timeout = TimeSpan.FromSeconds(2) });
        Assert.Equal("Run acme/late@v1: failure\nPost Run acme/late@v1: success", late.Course.Replace("Post Run acme/late@v1: failure", "Post Run acme/late@v1: success", StringComparison.Ordinal));
        Assert.Contains(late.Steps[0].Annotations, a => a.Message.Contains("has timed out after", StringComparison.Ordinal));
        var job = action.Job();
        var running = job.RunAsync(action.Step("gone", Deaf), action.Step("next"));
        await ScriptAction.UntilAsync(() => job.HasSaid("up"), "the main", running);
        var container = job.Running!.Name;
        job.Shutdown();
        var report = await running;
        Assert.Contains(container, await ContainerLabel.DockerAsync("ps", "--format", "{{.Names}}"), StringComparison.Ordinal);
        Assert.Equal((JobConclusion.Failure, "Run acme/gone@v1: cancelled\nRun acme/next@v1: skipped\nPost Run acme/gone@v1: skipped"), (report.Conclusion, report.Course));
    }
}
