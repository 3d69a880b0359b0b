using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The sample, deployed by jobs of the test runner on one machine of its own, whose workspace stays as on a self-hosted runner.</summary>
public sealed partial class SampleJobs : IAsyncDisposable
{
    /// <summary>In the configuration and in the container's environment: read by nobody else.</summary>
    public const string Planted = "sesame-of-the-workflow";

    private const string Event = """{"pull_request":{"number":12,"head":{"sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","repo":{"full_name":"acme/pos"}},"base":{"repo":{"full_name":"acme/pos"}}}}""";

    private readonly string _home = Directory.CreateTempSubdirectory("sd-jobs-").FullName;
    private readonly string _label = $"safe-deploy-test.job={Guid.NewGuid().ToString("N")[..8]}";
    private int _runs = 4700;

    private SampleJobs(Sample sample)
    {
        Sample = sample;
        Workspace = new JobOptions(_home, _label).Workspace;
    }

    public Sample Sample { get; }

    public FakeGitHub GitHub { get; } = new(Contracts.GitHub, TestServers.PostgresFromContainers.Host);

    public string Workspace { get; }

    public static async Task<SampleJobs> CreateAsync()
    {
        var jobs = new SampleJobs(await Sample.EmptyAsync());
        jobs.Checkout();
        await jobs.OwnAsync();
        return jobs;
    }

    /// <summary>The runner is a user of its own; the action's containers are root's.</summary>
    private async Task OwnAsync()
    {
        if (Environment.UserName == "root")
            await RunAsync("chown", "-R", "1001:1001", Workspace);
    }

    /// <summary>Files that do not belong to whom the workspace belongs; the next checkout would stumble over them.</summary>
    public async Task<string> ForeignFilesAsync() => await RunAsync("find", Workspace, "-not", "-uid", (await RunAsync("stat", "-c", "%u", Workspace)).Trim());

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return said;
    }

    private void Checkout()
    {
        var config = File.ReadAllText(Path.Combine(Sample.Folder, "safe-deploy.yml"));
        // How many at once depends on the machine, and is told.
        foreach (var (old, own) in new[] { ("parallel: auto", "parallel: 2"), ("      DEFAULT_TENANT: tenant_001\n", "      DEFAULT_TENANT: tenant_001\n      API_TOKEN: ${API_TOKEN}\n") })
        {
            Assert.Contains(old, config, StringComparison.Ordinal);
            config = config.Replace(old, own, StringComparison.Ordinal);
        }

        Directory.CreateDirectory(Path.Combine(Workspace, "backups"));
        File.WriteAllText(Path.Combine(Workspace, "safe-deploy.yml"), config + "environments: { prod: { health: { interval: 200ms } } }\n");
        foreach (var file in Directory.GetFiles(Path.Combine(Sample.Folder, "releases"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Workspace, Path.GetRelativePath(Sample.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>A workflow of <c>action/examples</c>, started for the tag of a release; a run of its own.</summary>
    public async Task<ImmutableArray<(string Id, JobReport Report)>> PlayAsync(string example, string version, params (string, string)[] env)
    {
        var options = Options(version, env);
        var world = new WorkflowWorld(_ => options, ProductImage.UsedAsync)
        {
            Contexts = ImmutableDictionary<string, object?>.Empty.Add("secrets", new Dictionary<string, object?> { ["DATABASE_URL"] = Sample.Database.UrlFromContainers }),
        };
        return await new WorkflowHost(Workflow.Load(Path.Combine(TestServers.RepositoryRoot, "action", "examples", example)), world).RunAsync();
    }

    /// <summary>A job of one step of ours, of a run of its own; not started yet.</summary>
    public JobHost Job(string version, params (string, string)[] env) => new(Options(version, [("DATABASE_URL", Sample.Database.UrlFromContainers), .. env]));

    /// <summary>The plan of a release in a pull request; the comment that stands then.</summary>
    public async Task<(JobReport Report, string Comment)> PlanAsync(string version, params (string, string)[] env)
    {
        var job = new JobHost(Options(version, [("DATABASE_URL", Sample.Database.UrlFromContainers), .. env]) with { Event = Event });
        var report = await job.RunAsync(await StepAsync("plan", ("comment", "always")));
        return (report, Assert.Single(GitHub.Comments).Value);
    }

    public static async Task<JobStep> StepAsync(string verb, params (string, string)[] with) =>
        new(verb) { Uses = await ProductImage.FaceAsync(verb), With = [("environment", "prod"), .. with] };

    /// <summary>What people can read of jobs: how each step ended, who serves afterwards, every summary.</summary>
    public async Task<string> TellAsync(ImmutableArray<(string Id, JobReport Report)> jobs)
    {
        var text = new StringBuilder();
        foreach (var (id, report) in jobs)
        {
            text.Append(CultureInfo.InvariantCulture, $"{id}: {report.Conclusion.ToString().ToLowerInvariant()}\n");
            foreach (var step in report.Steps.Where(s => s.ExitCode is not null || s.Conclusion == "skipped"))
                text.Append(CultureInfo.InvariantCulture, $"  {step.Name}: {step.Conclusion} {step.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "-"}\n");
        }

        var versions = (await Sample.VersionsAsync()).Select(v => $"{v.Key} {v.Value}");
        text.Append(CultureInfo.InvariantCulture, $"\nserves: {await Sample.FrontAsync()}\nat: {string.Join(", ", versions)}\nruns: {await RunsAsync()}\n");
        foreach (var step in jobs.SelectMany(j => j.Report.Steps).Where(s => s.Summary.Length > 0))
            text.Append(CultureInfo.InvariantCulture, $"\n──── {step.Name}\n{Readable(step.Summary)}");
        return text.ToString();
    }

    private async Task<string> RunsAsync() => string.Join(", ", (await Sample.ContainersAsync())
        .Split('\n').Where(c => c.Contains(" running ", StringComparison.Ordinal)).Select(c => string.Join(' ', c.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..2])).Select(c => c.Replace(" running", "", StringComparison.Ordinal)));

    /// <summary>As a reader sees it.</summary>
    public string Readable(string markdown) => Normal.Markdown(Run().Replace(markdown, "/runs/RUN"), Sample);

    [GeneratedRegex("/runs/[0-9]+")]
    private static partial Regex Run();

    private JobOptions Options(string version, (string, string)[] env) => new(_home, _label)
    {
        RunId = (++_runs).ToString(CultureInfo.InvariantCulture),
        RefName = version,
        ApiUrl = GitHub.Url,
        Env = [.. Sample.Variables(version).Where(v => v.Name is not ("VERSION" or "DATABASE_URL" or "BACKUPS")), ("SOAK", "500ms"), ("VERSION", version), ("BACKUPS", Path.Combine(Workspace, "backups")), ("API_TOKEN", Planted), .. env],
        InterruptWait = TimeSpan.FromSeconds(20),
    };

    public async ValueTask DisposeAsync()
    {
        var left = await ContainerLabel.DockerAsync("ps", "-aq", "--filter", $"label={_label}");
        if (left.Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } ids)
            await ContainerLabel.DockerAsync(["rm", "-f", .. ids]);
        await GitHub.DisposeAsync();
        await Sample.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }
}
