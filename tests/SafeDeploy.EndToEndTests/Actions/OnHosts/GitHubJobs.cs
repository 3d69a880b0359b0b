using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions.OnHosts;

/// <summary>On the test runner: the action's container, and its post.</summary>
public sealed class GitHubJobs(Sample sample, string checkout) : HostJobs(sample, checkout)
{
    private readonly string _label = $"safe-deploy-test.job={Guid.NewGuid().ToString("N")[..8]}";

    public override HostJob Start(HostStep step)
    {
        var options = new JobOptions(NextRoot(), _label)
        {
            RunId = step.Run,
            Attempt = step.Attempt,
            InterruptWait = TimeSpan.FromSeconds(20),
            TerminateWait = TimeSpan.FromSeconds(5),
        };
        CheckOut(options.Workspace);
        var job = new JobHost(options with { Env = [("DATABASE_URL", Sample.Database.UrlFromContainers), .. Variables(step, options.Workspace)] });
        return new HostJob(RunAsync(job, step, options.Workspace), job.Cancel, () => DieAsync(job));
    }

    private static async Task DieAsync(JobHost job)
    {
        var container = job.Running!.Name;
        job.Kill();
        await ContainerLabel.DockerAsync("rm", "-f", container);
    }

    protected override async Task EndAsync()
    {
        var left = await ContainerLabel.DockerAsync("ps", "-aq", "--filter", $"label={_label}");
        if (left.Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } ids)
            await ContainerLabel.DockerAsync(["rm", "-f", .. ids]);
    }

    private async Task<HostEnd> RunAsync(JobHost job, HostStep step, string workspace)
    {
        var ours = new JobStep(step.Verb) { Uses = await ProductImage.FaceAsync(step.Verb), With = [("environment", ""), .. step.Inputs], Timeout = step.Timeout };
        var report = await job.RunAsync(step.IsFollowedByFailure ? [ours, new JobStep("chat") { Run = _ => Task.FromResult(1) }] : [ours]);
        var post = report.Steps.FirstOrDefault(s => s.Name.StartsWith("Post ", StringComparison.Ordinal));
        return new HostEnd(
            report.Conclusion switch { JobConclusion.Success => JobColour.Green, JobConclusion.Failure => JobColour.Red, _ => JobColour.Cancelled },
            report.Steps[0].ExitCode,
            post?.ExitCode,
            report.Outputs.GetValueOrDefault(step.Verb)?.GetValueOrDefault("result") ?? "",
            StepLogs.Of(report.Steps.Where(s => s.Name != "chat").Select(s => (s.Name, s.Log.AsEnumerable())), workspace),
            StepLogs.Summary(report.Steps.Select(s => s.Summary), workspace));
    }
}
