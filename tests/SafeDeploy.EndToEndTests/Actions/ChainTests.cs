using System.Collections.Immutable;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The sample's six releases through the chain of the examples: in one job, and over jobs; two worlds, side by side.</summary>
public sealed class Chains : IAsyncLifetime
{
    public const string OneJob = "one-job";
    public const string OverJobs = "jobs-with-approval";

    // In the last tenant; the others go back with it.
    private const string Failing = "v4";

    private readonly Dictionary<string, SampleJobs> _worlds = [];

    /// <summary>What people can read of a release, by workflow and version.</summary>
    public Dictionary<(string Example, string Version), string> Told { get; } = [];

    /// <summary>The comment that stood in the pull request before a release.</summary>
    public Dictionary<string, string> Comments { get; } = [];

    /// <summary>Everything that left a container, before the runner masked anything.</summary>
    public List<string> Raw { get; } = [];

    public SampleJobs World(string example) => _worlds[example];

    public async Task InitializeAsync()
    {
        foreach (var example in (string[])[OneJob, OverJobs])
            _worlds[example] = await SampleJobs.CreateAsync();
        await Task.WhenAll(_worlds.Keys.Select(ReleasesAsync));
    }

    public async Task DisposeAsync()
    {
        foreach (var world in _worlds.Values)
            await world.DisposeAsync();
    }

    private async Task ReleasesAsync(string example)
    {
        foreach (var version in (string[])["v1", "v2", "v3", "v4", "v5", "v6"])
        {
            var world = _worlds[example];
            (string, string)[] env = version is "v4" or "v5" or "v6" ? [("MAINTENANCE", "allowed"), ("RISK", "never")] : [];
            if (example == OverJobs)
            {
                var (plan, comment) = await world.PlanAsync(version, env);
                Comments[version] = world.Readable(comment);
                if (version == Failing)
                    await DrawAsync("comment", comment);
                Keep([("plan", plan)]);
            }

            var jobs = await world.PlayAsync($"{example}.yml", version, env);
            Keep(jobs);
            Told[(example, version)] = await world.TellAsync(jobs);
            if (example == OneJob && version == Failing)
                await DrawAsync("summary", jobs[0].Report.Steps.Last(s => s.Summary.Length > 0).Summary);
            if (version != "v1")
                continue;
            Assert.True(jobs.All(j => j.Report.Conclusion == JobConclusion.Success), string.Join('\n', jobs.Select(j => j.Report.Everything)));
            await world.Sample.SqlFileAsync("seed/data.sql");
        }
    }

    /// <summary>For the pictures of the docs (<c>./build pictures</c>): what people read of the release that fails at its last tenant.</summary>
    private static async Task DrawAsync(string kind, string markdown)
    {
        if (Environment.GetEnvironmentVariable("SAFE_DEPLOY_PICTURES") is { Length: > 0 } folder)
            await File.WriteAllTextAsync(Path.Combine(folder, $"{kind}.md"), markdown);
    }

    private void Keep(ImmutableArray<(string, JobReport Report)> jobs)
    {
        lock (Raw)
            Raw.AddRange(jobs.SelectMany(j => j.Report.Steps).SelectMany(s => s.Raw));
    }
}

/// <summary>How each release ends: job, exit codes, who serves, what people read.</summary>
public sealed class ChainTests(Chains chains) : IClassFixture<Chains>
{
    [Theory]
    [MemberData(nameof(All))]
    public void A_release_ends_as_its_world_and_its_summary_say(string example, string version) =>
        Golden.Verify(chains.Told[(example, version)], $"Chain_{example}_{version}");

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("v3")]
    [InlineData("v4")]
    [InlineData("v5")]
    [InlineData("v6")]
    public void The_comment_of_a_release_says_what_it_will_do(string version) => Golden.Verify(chains.Comments[version], $"Comment_{version}");

    [Fact]
    public void A_rollback_that_needs_a_person_opens_one_issue() =>
        Assert.StartsWith("<!-- safe-deploy:post-mortem:", Assert.Single(chains.World(Chains.OneJob).GitHub.Issues).Value.Body, StringComparison.Ordinal);

    [Theory]
    [InlineData(Chains.OneJob)]
    [InlineData(Chains.OverJobs)]
    public async Task The_workspace_stays_with_its_owner_and_GitHub_was_asked_as_it_wants(string example)
    {
        Assert.Equal("", await chains.World(example).ForeignFilesAsync());
        Assert.Empty(chains.World(example).GitHub.Complaints);
    }

    [Theory]
    [InlineData(Chains.OneJob)]
    [InlineData(Chains.OverJobs)]
    public async Task Of_all_posts_of_a_job_one_goes_back_and_nothing_is_written_after_a_fence(string example)
    {
        var database = chains.World(example).Sample.Database;
        Assert.Equal(4, await database.ScalarAsync<long>("select count(*) from safe_deploy.entry where kind = 'rollback-claimed'"));
        Assert.Equal(4, await database.ScalarAsync<long>("select count(distinct deployment) from safe_deploy.entry where kind = 'rollback-claimed'"));
        Assert.Equal(0, await database.ScalarAsync<long>(ActionFleet.AfterTheFence));
    }

    [Fact]
    public async Task A_secret_is_in_no_output_no_summary_no_comment_no_command_line_and_no_ledger()
    {
        // The runner is told them once, to blank them out; that line it keeps to itself.
        var left = string.Join('\n', chains.Raw.Where(l => !l.StartsWith("::add-mask::", StringComparison.Ordinal)));
        Assert.Contains("docker.sock", left, StringComparison.Ordinal);
        foreach (var example in (string[])[Chains.OneJob, Chains.OverJobs])
        {
            var world = chains.World(example);
            string[] sinks = [left, await world.Sample.LedgerAsync(), .. world.GitHub.Calls.Select(c => c.Path + c.Query + c.Body)];
            foreach (var secret in (string[])[SampleJobs.Planted, ActionFleet.Password, "ghs_TestToken"])
                Assert.All(sinks, sink => Assert.DoesNotContain(secret, sink, StringComparison.Ordinal));
        }
    }

    public static TheoryData<string, string> All()
    {
        var all = new TheoryData<string, string>();
        foreach (var example in (string[])[Chains.OneJob, Chains.OverJobs])
            foreach (var version in (string[])["v1", "v2", "v3", "v4", "v5", "v6"])
                all.Add(example, version);
        return all;
    }
}
