using System.Collections.Immutable;
using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The example <c>promotion.yml</c>, played whole: one image by digest through three environments, each with a database, a service and a machine of its own.</summary>
public sealed class PromotionTests : IAsyncLifetime
{
    private const string Good = "1111111111111111111111111111111111111111";
    private const string Bad = "2222222222222222222222222222222222222222";

    /// <summary>By job; the production job's environment has a name of its own at GitHub.</summary>
    private static readonly ImmutableArray<(string Job, string AtGitHub)> Stages = [("dev", "dev"), ("uat", "uat"), ("prod", "production")];

    private readonly string _home = Directory.CreateTempSubdirectory("sd-promotion-").FullName;
    private readonly string _label = $"safe-deploy-test.job={Guid.NewGuid().ToString("N")[..8]}";
    private readonly string _owner = $"{TestServers.Registry}/{Guid.NewGuid().ToString("N")[..8]}";
    private readonly Dictionary<string, Sample> _samples = [];
    private readonly Dictionary<string, JobOptions> _machines = [];
    private FakeGitHub? _github;

    public async Task InitializeAsync()
    {
        _github = new FakeGitHub(Contracts.GitHub, TestServers.PostgresFromContainers.Host);
        foreach (var (job, _) in Stages)
        {
            _samples[job] = await Sample.EmptyAsync(tenants: 2);
            _machines[job] = new JobOptions(Path.Combine(_home, job), _label)
            {
                ApiUrl = _github.Url,
                Env = [.. _samples[job].Variables("").Where(v => v.Name is not ("VERSION" or "DATABASE_URL" or "BACKUPS" or "SOAK")), ("SOAK", "300ms")],
            };
            Checkout(_machines[job].Workspace);
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var sample in _samples.Values)
            await sample.DisposeAsync();
        var left = await ContainerLabel.DockerAsync("images", "-q", "--no-trunc", $"{_owner}/backend");
        if (left.Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 })
            await ContainerLabel.DockerAsync(["rmi", .. (string[])[Image(Good), Image(Bad)]]);
        if (_github is not null)
            await _github.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task What_was_tested_is_what_runs_in_every_environment_and_a_bad_release_stops_at_the_first()
    {
        await PushAsync("v1", Good);
        // Somebody pushes the same tag again between two stages: it must not matter.
        var jobs = await PlayAsync(Good, beforeSecond: () => PushAsync("v2-exits", Good));
        Assert.True("dev: Success, uat: Success, prod: Success" == Course(jobs), Said(jobs));
        var digest = jobs[0].Report.Outputs["release"]["digest"];
        Assert.StartsWith("sha256:", digest, StringComparison.Ordinal);
        var good = await Sample.ImageAsync("v1");
        foreach (var (job, _) in Stages)
        {
            Assert.Equal([$"{Good} {digest}"], await ReleasesAsync(job));
            Assert.Equal(["000003"], await _samples[job].TenantVersionsAsync());
            Assert.Contains($"web {Good} running {good}", await _samples[job].ContainersAsync(), StringComparison.Ordinal);
        }

        await PushAsync("v2-exits", Bad);
        var stopped = await PlayAsync(Bad);
        Assert.True("dev: Failure" == Course(stopped), Said(stopped));
        Assert.Equal(["deployed", "rolled-back"], await EndsAsync("dev"));
        foreach (var (job, _) in Stages)
        {
            Assert.Equal("200 v1", await _samples[job].FrontAsync());
            Assert.DoesNotContain(Bad, await _samples[job].ContainersAsync(), StringComparison.Ordinal);
        }

        foreach (var untouched in (string[])["uat", "prod"])
            Assert.Equal(["deployed"], await EndsAsync(untouched));
        Assert.Empty(_github!.Complaints);
    }

    /// <summary>The sample without backup and worker, its image named as the example's comment on promotion has it: by the commit.</summary>
    private void Checkout(string workspace)
    {
        var config = File.ReadAllText(Path.Combine(Sample.Folder, "safe-deploy.yml"));
        foreach (var (old, own) in ((string Old, string New)[])
        [
            ("\"releases/${VERSION}/db/", "\"db/"),
            ("safe-deploy-sample/backend:${VERSION}${VARIANT:-}", $"{_owner}/backend:${{GITHUB_SHA}}"),
            ("  version: ${VERSION}\n", ""),
            ("  version_header: X-App-Version\n", ""), // the sample knows no version that is a commit
            ("parallel: auto", "parallel: 1"),
            ("interval: 1s", "interval: 200ms"),
        ])
        {
            Assert.Contains(old, config, StringComparison.Ordinal);
            config = config.Replace(old, own, StringComparison.Ordinal);
        }

        config = Without(Without(config, "backup:\n", "deploy:\n"), "    workers:\n", "    front:\n") + "environments: { dev: {}, uat: {}, prod: {} }\n";
        Directory.CreateDirectory(workspace);
        File.WriteAllText(Path.Combine(workspace, "safe-deploy.yml"), config);
        foreach (var file in Directory.GetFiles(Path.Combine(Sample.Folder, "releases", "v1"), "*.sql", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(workspace, Path.GetRelativePath(Path.Combine(Sample.Folder, "releases", "v1"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static string Without(string text, string from, string to)
    {
        var first = text.IndexOf(from, StringComparison.Ordinal);
        return text.Remove(first, text.IndexOf(to, first, StringComparison.Ordinal) - first);
    }

    private string Image(string sha) => $"{_owner}/backend:{sha}";

    private async Task PushAsync(string tag, string sha)
    {
        await ContainerLabel.DockerAsync("tag", $"safe-deploy-sample/backend:{tag}", Image(sha));
        await ContainerLabel.DockerAsync("push", "-q", Image(sha));
    }

    /// <param name="beforeSecond">Done when the first job is over.</param>
    private async Task<ImmutableArray<(string Id, JobReport Report)>> PlayAsync(string sha, Func<Task>? beforeSecond = null)
    {
        var checkouts = 0;
        var world = new WorkflowWorld(job => _machines[job] with { Sha = sha, RunId = sha[..8] }, async uses =>
        {
            if (uses.StartsWith("actions/checkout@", StringComparison.Ordinal) && ++checkouts == 2 && beforeSecond is not null)
                await beforeSecond();
            return await ProductImage.UsedAsync(uses);
        })
        {
            EnvironmentSecrets = Stages.ToImmutableDictionary(s => s.AtGitHub, s => ImmutableDictionary<string, string>.Empty.Add("DATABASE_URL", _samples[s.Job].Database.UrlFromContainers)),
        };
        var workflow = Workflow.Load(Path.Combine(TestServers.RepositoryRoot, "action", "examples", "promotion.yml"));
        // The test's registry stands for GitHub's.
        workflow = workflow with
        {
            Jobs = [.. workflow.Jobs.Select(j => j with { Steps = [.. j.Steps.Select(s => s with { With = [.. s.With.Select(w => (w.Name, w.Value.Replace("ghcr.io/acme", _owner, StringComparison.Ordinal)))] })] })],
        };
        return await new WorkflowHost(workflow, world).RunAsync();
    }

    private static string Course(ImmutableArray<(string Id, JobReport Report)> jobs) => string.Join(", ", jobs.Select(j => $"{j.Id}: {j.Report.Conclusion}"));

    private static string Said(ImmutableArray<(string Id, JobReport Report)> jobs) => string.Join('\n', jobs.Select(j => $"{j.Id}: {j.Report.Conclusion}\n{j.Report.Everything}"));

    /// <summary>Version and digest of what was deployed, in order.</summary>
    private Task<string[]> ReleasesAsync(string job) => LedgerAsync(job, "opened", "(fact -> 'to' ->> 'version') || ' ' || (fact -> 'to' ->> 'digest')");

    private Task<string[]> EndsAsync(string job) => LedgerAsync(job, "concluded", "fact ->> 'conclusion'");

    private async Task<string[]> LedgerAsync(string job, string fact, string value) => await _samples[job].Database.ScalarAsync<string[]>(
        $"select array_agg({value} order by at) from safe_deploy.entry where fact ->> 'fact' = '{fact}'") ?? [];
}
