using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions.OnHosts;

/// <summary>On the mini agent: the task with the bundled program, and its postjob; the database's address is a secret variable that nobody maps.</summary>
public sealed class AzureJobs(Sample sample, string checkout) : HostJobs(sample, checkout)
{
    private readonly FakeAzure _azure = new(AzureContracts.Load());
    private readonly ScriptTask _failing = new("process.exit(1);");

    public override HostJob Start(HostStep step)
    {
        var options = new AgentOptions(NextRoot(), _azure.Url + "/")
        {
            BuildId = step.Run,
            InterruptWait = TimeSpan.FromSeconds(20),
            TerminateWait = TimeSpan.FromSeconds(5),
        };
        CheckOut(options.Workspace);
        var job = new AgentJob(options with
        {
            Variables = [("DATABASE_URL", Sample.Database.Url, true), .. Variables(step, options.Workspace).Select(v => (v.Name, v.Value, false))],
        });
        return new HostJob(RunAsync(job, step, options.Workspace), job.Cancel, () => Task.Run(job.Kill));
    }

    protected override async Task EndAsync()
    {
        _failing.Dispose();
        await _azure.DisposeAsync();
        Assert.Empty(_azure.Complaints);
    }

    private async Task<HostEnd> RunAsync(AgentJob job, HostStep step, string workspace)
    {
        var ours = new AgentTask(step.Verb, TaskFolder.Path, [("step", step.Verb), .. step.Inputs.Select(i => (InCamelCase(i.Name), i.Value))]) { Timeout = step.Timeout };
        var report = await job.RunAsync(step.IsFollowedByFailure ? [ours, _failing.Task("chat")] : [ours]);
        var post = report.Steps.FirstOrDefault(s => s.Name == $"{step.Verb} (post)");
        return new HostEnd(
            report.Status switch { "Succeeded" => JobColour.Green, "Canceled" => JobColour.Cancelled, _ => JobColour.Red },
            report.Step(step.Verb).ExitCode,
            post?.ExitCode,
            report.Variables.GetValueOrDefault($"{step.Verb}.result", ""),
            StepLogs.Of(report.Steps.Where(s => s.Task == step.Verb).Select(s => (s.Name, s.Log.AsEnumerable())), workspace).Replace(_azure.Url, "COLLECTION", StringComparison.Ordinal),
            StepLogs.Summary(report.Steps.SelectMany(s => s.Summaries), workspace));
    }

    private static string InCamelCase(string name)
    {
        var words = name.Split('-');
        return words[0] + string.Concat(words[1..].Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
    }
}
