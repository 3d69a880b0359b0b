using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>What the agent's source does holds on ours: order of phases, results, commands, restrictions, cancel, shutdown.</summary>
public sealed class AgentFactsTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("sd-facts-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task Prejobs_run_in_order_and_posts_in_reverse_also_of_a_task_whose_main_was_skipped()
    {
        var job = await Job().RunAsync(Task("a"), Task("b", main: "process.exit(3)"), Task("c"), Task("d") with { Condition = status => status == "Failed" });
        Assert.Equal(
            """
            a (pre): Succeeded
            b (pre): Succeeded
            c (pre): Succeeded
            d (pre): Skipped
            a: Succeeded
            b: Failed
            c: Skipped
            d: Succeeded
            d (post): Succeeded
            c (post): Succeeded
            b (post): Succeeded
            a (post): Succeeded
            """, job.Course);
        Assert.Contains("status=Failed", job.Step("a (post)").Log);
    }

    [Fact]
    public async Task A_task_variable_reaches_the_post_of_the_same_task_only()
    {
        const string main = "console.log('##vso[task.settaskvariable variable=k;issecret=false;]a%3Bb%AZP25')";
        var job = await Job().RunAsync(Task("a", main), Task("b"));
        Assert.Contains("k=a;b%", job.Step("a (post)").Log);
        Assert.Contains("k=undefined", job.Step("b (post)").Log);
    }

    [Fact]
    public async Task A_retry_runs_main_again_and_continue_on_error_is_no_failure()
    {
        const string second = "const f=process.env.AGENT_TEMPDIRECTORY+'/n'; const fs=require('fs'); const n=fs.existsSync(f); fs.writeFileSync(f,''); process.exit(n?0:1)";
        var job = await Job().RunAsync(Task("again", second) with { Retries = 1 }, Task("soft", "process.exit(1)") with { ContinueOnError = true }, Task("after"));
        Assert.Equal(("Succeeded", "SucceededWithIssues", "Succeeded", "SucceededWithIssues"), (job.Step("again").Result, job.Step("soft").Result, job.Step("after").Result, job.Status));
    }

    [Fact]
    public async Task Commands_act_anywhere_in_a_line_secrets_are_masked_and_only_allowed_variables_are_set()
    {
        const string main = "console.log('x ##vso[task.setsecret]hunter2'); console.log('say hunter2 ##vso[nope.nope]z'); console.log('hunter2'); console.log('##vso[task.setvariable variable=ok;isOutput=true]1'); console.log('##vso[task.setvariable variable=other]1'); for (let i=0;i<12;i++) console.log('##vso[task.logissue type=warning]w'+i)";
        var job = await Job().RunAsync(Task("a", main, ", \"restrictions\": { \"settableVariables\": { \"allowed\": [ \"ok\" ] } }"));
        Assert.Equal("1", job.Variables["a.ok"]);
        Assert.Contains("***", job.Step("a").Log);
        Assert.Equal(["say hunter2 ##vso[nope.nope]z", "variable other"], job.Step("a").Refused);
        Assert.Equal(10, job.Step("a").Issues.Count);
    }

    [Fact]
    public async Task A_task_that_is_deaf_is_killed_and_a_shutdown_runs_nothing_more()
    {
        const string deaf = "process.on('SIGINT',()=>console.log('INT')); process.on('SIGTERM',()=>console.log('TERM')); setInterval(()=>{},1000); require('fs').writeFileSync(process.env.AGENT_TEMPDIRECTORY+'/up','')";
        foreach (var isShutdown in new[] { false, true })
        {
            var options = Options();
            var job = new AgentJob(options);
            var running = job.RunAsync(Task("deaf", deaf), Task("after"));
            while (!File.Exists(Path.Combine(options.Temp, "up")))
                await System.Threading.Tasks.Task.Delay(20);
            if (isShutdown)
                job.Shutdown();
            else
                job.Cancel();
            var report = await running;
            Assert.Equal(["INT", "TERM"], report.Step("deaf").Log.TakeLast(2));
            Assert.Equal(("Canceled", "Skipped", isShutdown ? "Skipped" : "Succeeded"), (report.Step("deaf").Result, report.Step("after").Result, report.Step("deaf (post)").Result));
        }
    }

    private AgentJob Job() => new(Options());

    private AgentOptions Options() => new(Path.Combine(_home, Guid.NewGuid().ToString("N")), "http://127.0.0.1:1/")
    {
        InterruptWait = TimeSpan.FromSeconds(0.5),
        TerminateWait = TimeSpan.FromSeconds(0.5),
    };

    /// <summary>A task whose phases are what a test says; its post tells what it sees.</summary>
    private AgentTask Task(string name, string main = "", string more = "")
    {
        var folder = Directory.CreateDirectory(Path.Combine(_home, Guid.NewGuid().ToString("N"))).FullName;
        File.WriteAllText(Path.Combine(folder, "pre.js"), "");
        File.WriteAllText(Path.Combine(folder, "main.js"), main);
        File.WriteAllText(Path.Combine(folder, "post.js"), "console.log('status='+process.env.AGENT_JOBSTATUS); console.log('k='+process.env.VSTS_TASKVARIABLE_K)");
        File.WriteAllText(
            Path.Combine(folder, "task.json"),
            $$"""{ "inputs": [], "prejobexecution": { "Node20_1": { "target": "pre.js" } }, "execution": { "Node20_1": { "target": "main.js" } }, "postjobexecution": { "Node20_1": { "target": "post.js" } }{{more}} }""");
        return new AgentTask(name, folder, []);
    }
}
