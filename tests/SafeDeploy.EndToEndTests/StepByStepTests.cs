using System.Diagnostics;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>v1 as one run; v2 as a pipeline of six jobs, met by another run between two of them; then a person takes v2 back.</summary>
public sealed class StepByStep : IAsyncLifetime
{
    public const string Token = "tok-5Zr81kQwPlanted";

    public const string DryRunAsJson = "rollback --dry-run --output json";

    private static readonly (string Name, string Value)[] Ada = [.. GitHub.Run(2001, "ada"), ("API_TOKEN", Token)];
    private static readonly (string Name, string Value)[] Grace = [.. GitHub.Run(2002, "grace"), ("API_TOKEN", Token)];

    public Sample Sample { get; private set; } = null!;

    public Dictionary<string, CliResult> Steps { get; } = [];

    public CliResult Stranger { get; private set; } = null!;

    public CliResult StrangersRollback { get; private set; } = null!;

    public CliResult Again { get; private set; } = null!;

    public string AfterRestart { get; private set; } = "";

    public CliResult DryRun { get; private set; } = null!;

    /// <summary>The faster of two: what the machine does meanwhile is not the program's time.</summary>
    public TimeSpan DryRunTook { get; private set; }

    public (Picture Before, Picture After) AroundDryRun { get; private set; }

    public Played Rollback { get; private set; } = null!;

    public CliResult SecondRollback { get; private set; } = null!;

    public CliResult OnlyTheFailedJob { get; private set; } = null!;

    public string AfterSecondRestart { get; private set; } = "";

    public Dictionary<string, CliResult> Reading { get; } = [];

    public async Task InitializeAsync()
    {
        Sample = await Sample.EmptyAsync();
        Sample.Configure(("      DEFAULT_TENANT: tenant_001", "      DEFAULT_TENANT: tenant_001\n      API_TOKEN: ${API_TOKEN}"));
        await Sample.DeployAsync("v1", ("API_TOKEN", Token));
        await Sample.SqlFileAsync("seed/data.sql");
        await ForwardAsync();
        AfterRestart = await RestartFrontAsync();
        await ReadAsync();
        await BackAsync();
        AfterSecondRestart = await RestartFrontAsync();
    }

    private async Task ForwardAsync()
    {
        Steps["preflight"] = await Sample.RunAsync("v2", "preflight", Ada);
        Stranger = await Sample.RunAsync("v2", "run", Grace);
        StrangersRollback = await Sample.RunAsync("v2", "rollback", Grace);
        Again = await Sample.RunAsync("v2", "preflight", Ada);
        foreach (var step in new[] { "backup", "migrate-public", "migrate-tenants", "deploy-image", "verify-health" })
            Steps[step] = await Sample.RunAsync("v2", step, Ada);
    }

    private async Task ReadAsync()
    {
        foreach (var line in new[] { "status", "status --output json", "history", "history --output json", "plan", "plan --output json" })
            Reading[line] = await Sample.RunAsync("v2", line, ("API_TOKEN", Token));
    }

    private async Task BackAsync()
    {
        var before = await Sample.PictureAsync();
        var started = Stopwatch.GetTimestamp();
        DryRun = await Sample.RunAsync("v2", "rollback --dry-run", ("API_TOKEN", Token));
        DryRunTook = Stopwatch.GetElapsedTime(started);
        started = Stopwatch.GetTimestamp();
        Reading[DryRunAsJson] = await Sample.RunAsync("v2", DryRunAsJson, ("API_TOKEN", Token));
        DryRunTook = TimeSpan.FromTicks(Math.Min(DryRunTook.Ticks, Stopwatch.GetElapsedTime(started).Ticks));
        AroundDryRun = (before, await Sample.PictureAsync());
        var result = await Sample.RunAsync("v2", "rollback --reason customers-complain", ("API_TOKEN", Token));
        var status = await Sample.RunAsync("v2", "status --output json", ("API_TOKEN", Token));
        Rollback = new Played("v2", result, status.Json.GetProperty("report"), before, await Sample.PictureAsync());
        SecondRollback = await Sample.RunAsync("v2", "rollback", ("API_TOKEN", Token));
        OnlyTheFailedJob = await Sample.RunAsync("v2", "verify-health", Ada);
    }

    /// <summary>As after a reboot of its machine; until it has resolved its servers' names it answers 503 by itself.</summary>
    private async Task<string> RestartFrontAsync()
    {
        await ContainerLabel.DockerAsync(["restart", .. await Sample.IdsAsync("label=safe-deploy.role=front")]);
        var answer = "";
        await Eventually.Async(async () => (answer = await Sample.FrontAsync()) is not ("nobody" or "503 without a version"), TimeSpan.FromSeconds(30));
        return answer;
    }

    public async Task DisposeAsync()
    {
        if (Sample is not null)
            await Sample.DisposeAsync();
    }
}

/// <summary>Single steps, a parked deployment, restarts, a rollback by hand, and what all of it printed.</summary>
public sealed class StepByStepTests(StepByStep story) : IClassFixture<StepByStep>
{
    [Theory]
    [InlineData("preflight", "parked")]
    [InlineData("backup", "parked")]
    [InlineData("migrate-public", "parked")]
    [InlineData("migrate-tenants", "parked")]
    [InlineData("deploy-image", "parked")]
    [InlineData("verify-health", "deployed")]
    public void Each_step_as_a_job_of_its_own_goes_on_with_the_same_deployment(string step, string word)
    {
        var result = story.Steps[step];
        Assert.True(result.ExitCode == 0 && result.Out.StartsWith($"{word}  ", StringComparison.Ordinal), result.ToString());
        Golden.Verify(Normal.Text(result.Out, story.Sample), $"Step_{step}");
    }

    [Fact]
    public void A_step_that_is_done_is_not_done_again()
    {
        Assert.True(story.Again.ExitCode == 0, story.Again.ToString());
        Assert.Contains("done earlier in this deployment", story.Again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parked_deployment_is_not_stolen_by_another_run()
    {
        Assert.True(story.Stranger.ExitCode == 3, story.Stranger.ToString());
        Assert.Contains("https://github.example/acme/pos/actions/runs/2001 by ada", story.Stranger.Error, StringComparison.Ordinal);
        Golden.Verify(Normal.Text(story.Stranger.Error, story.Sample));
    }

    [Fact]
    public void A_parked_deployment_is_not_rolled_back_unless_a_person_insists()
    {
        Assert.True(story.StrangersRollback.ExitCode == 3, story.StrangersRollback.ToString());
        Assert.Contains("--take-over", story.StrangersRollback.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_front_that_restarts_after_a_switch_serves_the_new_release() => Assert.Equal("200 v2", story.AfterRestart);

    [Fact]
    public void A_front_that_restarts_after_a_rollback_serves_the_old_release() => Assert.Equal("200 v1", story.AfterSecondRestart);

    [Fact]
    public void A_dry_run_decides_and_changes_nothing()
    {
        Assert.True(story.DryRun.ExitCode == 0, story.DryRun.ToString());
        Picture.Same(story.AroundDryRun.Before, story.AroundDryRun.After);
        Golden.Verify(Normal.Text(story.DryRun.Out, story.Sample));
    }

    [Fact]
    public void A_dry_run_takes_less_than_five_seconds() => Assert.InRange(story.DryRunTook, TimeSpan.Zero, TimeSpan.FromSeconds(5));

    [Fact]
    public async Task A_person_takes_back_a_release_that_was_committed()
    {
        var back = story.Rollback;
        Assert.True(back.Ended == "0 rolled-back b", $"{back.Ended}\n{back.Result}");
        Assert.Equal("200 v1", back.After.Front);
        Assert.Equal(await story.Sample.RunningAsync("v1"), back.After.Running);
        Assert.Equal(["000005"], back.After.TenantVersions);
        Golden.Verify(Normal.Text(back.Result.Out, story.Sample));
    }

    [Fact]
    public async Task A_rollback_by_hand_is_recorded_with_its_reason()
    {
        var claim = await story.Sample.Database.ScalarAsync<string>("select fact->>'manual' || ' ' || (fact->>'reason') from safe_deploy.entry where kind = 'rollback-claimed'");
        Assert.Equal("true customers-complain", claim);
    }

    [Fact]
    public void A_rollback_is_not_rolled_back()
    {
        Assert.True(story.SecondRollback.ExitCode == 3, story.SecondRollback.ToString());
        Golden.Verify(Normal.Text(story.SecondRollback.Error, story.Sample));
    }

    [Fact]
    public void After_a_rollback_only_all_jobs_can_be_run_again()
    {
        Assert.True(story.OnlyTheFailedJob.ExitCode == 3, story.OnlyTheFailedJob.ToString());
        Assert.Contains("re-run all jobs", story.OnlyTheFailedJob.Error, StringComparison.Ordinal);
        Golden.Verify(Normal.Text(story.OnlyTheFailedJob.Error, story.Sample));
    }

    [Theory]
    [InlineData("status --output json", "environment,state,epoch,heartbeat_age_seconds,parked_until,last_committed,report")]
    [InlineData("history --output json", "environment,deployments")]
    [InlineData("plan --output json", null)]
    [InlineData(StepByStep.DryRunAsJson, "row,decision,reason,actions")]
    public void Json_is_one_document_and_nothing_else(string line, string? keys)
    {
        var result = story.Reading[line];
        Assert.True(result.ExitCode == 0, result.ToString());
        var names = result.Json.EnumerateObject().Select(p => p.Name).ToArray();
        Assert.NotEmpty(names);
        if (keys is not null)
            Assert.Equal(keys, string.Join(',', names));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("history")]
    [InlineData("plan")]
    public void What_is_read_between_two_deployments(string verb) => Golden.Verify(Normal.Text(story.Reading[verb].Out, story.Sample), $"Reading_{verb}");

    [Theory]
    [InlineData("the password of database.url")]
    [InlineData("a token of the containers' environment")]
    public async Task A_secret_is_nowhere_but_where_it_belongs(string which)
    {
        var secret = which.StartsWith("the password", StringComparison.Ordinal) ? TestServers.Postgres.UserInfo.Split(':')[1] : StepByStep.Token;
        Assert.DoesNotContain(secret, story.Sample.Said, StringComparison.Ordinal);
        Assert.Equal(0L, await story.Sample.Database.ScalarAsync<long>($"select count(*) from safe_deploy.entry where strpos(fact::text, '{secret}') > 0"));
        Assert.Equal(0L, await story.Sample.Database.ScalarAsync<long>($"select count(*) from safe_deploy.deployment d where strpos(d::text, '{secret}') > 0"));
        foreach (var file in Directory.EnumerateFiles(story.Sample.Backups, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(secret, System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, await ContainerLabel.DockerAsync(["inspect", "--format", "{{json .Config.Labels}}", .. await story.Sample.IdsAsync()]), StringComparison.Ordinal);
    }
}
