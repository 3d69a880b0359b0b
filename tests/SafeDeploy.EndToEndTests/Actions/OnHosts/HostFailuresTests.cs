using System.Globalization;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Actions.OnHosts;

/// <summary>What happens to a job from outside ends in the same way on every CI host: three tenants without an image, and nobody left between two versions.</summary>
public abstract class HostFailuresTests(string host, SealedFleet made) : IAsyncLifetime, IClassFixture<SealedFleet>
{
    private const string Note = "alter table item add column note text;";
    private const string NoteBack = "alter table item drop column note;";

    // tenant_002 alone has one code twice.
    private const string Twice = "create unique index item_code on item (code);";

    private const string Back = "000001";
    private const string Forward = "000002";

    private readonly string _checkout = Directory.CreateTempSubdirectory("sd-checkout-").FullName;
    private Sample _fleet = null!;
    private HostJobs _jobs = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_jobs is not null)
            await _jobs.DisposeAsync();
        if (_fleet is not null)
            await _fleet.DisposeAsync();
        Directory.Delete(_checkout, recursive: true);
    }

    [Fact]
    public async Task A_step_that_fails_later_takes_nothing_back_after_the_commit_point()
    {
        await FleetAsync(Note, NoteBack);
        var end = await _jobs.RunAsync(new HostStep("migrate-tenants") { IsFollowedByFailure = true });
        // On GitLab both are lines of one script, which has one exit code.
        await AssertAsync(new End(JobColour.Red, host == "gitlab" ? 1 : 0, 0, "succeeded", "deployed", "", Forward), end);
    }

    [Fact]
    public async Task A_step_that_fails_is_taken_back_by_what_watches_it()
    {
        await FleetAsync(Twice, "drop index item_code;");
        await AssertAsync(new End(JobColour.Red, 1, 0, "succeeded", "rolled-back", "c", Back), await _jobs.RunAsync(new HostStep("migrate-tenants")));
    }

    [Fact]
    public async Task A_way_back_that_needs_a_person_turns_the_job_red_and_says_why()
    {
        await FleetAsync($"alter table item drop column old_code; {Twice}", null);
        var end = await _jobs.RunAsync(new HostStep("migrate-tenants"));
        await AssertAsync(new End(JobColour.Red, 1, 2, "person-needed", "forbidden", "d", $"{Back} {Forward}"), end);
        Golden.Verify(Normal.Text(end.Log, _fleet), $"Host_{host}_needs-a-person");
    }

    [Fact]
    public async Task A_cancel_is_heard_and_taken_back()
    {
        await SlowAsync(2);
        var job = await UntilMovedAsync(_jobs.Start(new HostStep("run")));
        job.Cancel();
        var end = await job.End;
        await AssertAsync(new End(JobColour.Cancelled, 130, 0, "succeeded", "rolled-back", "c", Back), end);
        Assert.Contains("cancelled", end.Summary, StringComparison.Ordinal);
        Assert.Contains("rolled-back", end.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancel_on_the_way_back_does_not_leave_it_half_way()
    {
        await FleetAsync(Twice, "drop index item_code; select pg_sleep(2);");
        var job = _jobs.Start(new HostStep("run"));
        await UntilAsync("select count(*) > 0 from safe_deploy.entry where kind = 'rollback-claimed'", job);
        job.Cancel();
        var end = await job.End;
        await AssertAsync(new End(JobColour.Cancelled, 1, 0, "failed", "rolled-back", "c", Back), end);
    }

    [Fact]
    public async Task A_step_that_takes_too_long_is_taken_back()
    {
        await SlowAsync(4);
        var end = await _jobs.RunAsync(new HostStep("migrate-tenants") { Timeout = TimeSpan.FromSeconds(7) });
        await AssertAsync(new End(JobColour.Red, 130, 0, "succeeded", "rolled-back", "c", Back), end);
    }

    [Fact]
    public async Task A_second_run_is_refused_names_the_first_and_takes_nothing_back()
    {
        await SlowAsync(2);
        var first = await UntilMovedAsync(_jobs.Start(new HostStep("run")));
        var second = await _jobs.RunAsync(new HostStep("run") { Run = "4712" });
        Assert.Equal((JobColour.Red, 3, 0, "refused"), (second.Colour, second.Main, second.Post, second.Result));
        Assert.Contains("4711", second.Summary, StringComparison.Ordinal);
        await AssertAsync(new End(JobColour.Green, 0, 0, "succeeded", "deployed", "", Forward), await first.End);
    }

    [Fact]
    public async Task The_time_box_ends_the_way_back_between_two_scopes_and_recover_ends_it()
    {
        await FleetAsync(Twice, "drop index item_code; select pg_sleep(3);");
        var end = await _jobs.RunAsync(new HostStep("migrate-tenants") { Inputs = [("rollback-within", "1s")] });
        Assert.Equal((JobColour.Red, 1, 2), (end.Colour, end.Main, end.Post));
        Assert.Contains("safe-deploy recover", end.Log + end.Summary, StringComparison.Ordinal);
        Assert.Equal("open", await FleetEnd.OfAsync(_fleet));
        await AssertAsync(new End(JobColour.Green, 0, 0, "succeeded", "rolled-back", "c", Back), await _jobs.RunAsync(new HostStep("recover")));
    }

    [Theory]
    [InlineData("recover", 1, "rolled-back", Back)]
    [InlineData("migrate-tenants", 2, "deployed", Forward)]
    public async Task A_job_whose_machine_died_runs_nothing_more_and_what_comes_after_ends_what_it_began(string after, int attempt, string conclusion, string at)
    {
        await SlowAsync(4);
        var dying = await UntilMovedAsync(_jobs.Start(new HostStep("migrate-tenants")));
        await dying.DieAsync();
        Assert.Null((await dying.End).Post);
        var end = await _jobs.RunAsync(new HostStep(after) { Attempt = attempt });
        Assert.True((JobColour.Green, 0, conclusion, at) == (end.Colour, end.Main, await FleetEnd.OfAsync(_fleet), await VersionsAsync()), end.ToString());
        // Each tenant once, and nothing of the old epoch after the new one's first line.
        Assert.Equal(0, await _fleet.Database.ScalarAsync<long>("select count(*) - count(distinct (fact -> 'scope', fact -> 'direction')) from safe_deploy.entry where kind = 'scope-migrated' and fact ->> 'version' = '000002'"));
        Assert.Equal(0, await _fleet.Database.ScalarAsync<long>(ActionFleet.AfterTheFence));
    }

    /// <summary>Each tenant takes that long.</summary>
    private Task SlowAsync(int seconds) => FleetAsync(string.Create(CultureInfo.InvariantCulture, $"{Note} select pg_sleep({seconds});"), NoteBack);

    private async Task FleetAsync(string forward, string? back)
    {
        _fleet = await made.CopyAsync();
        _fleet.Migration("000002_second", forward, back);
        Checkout.OfFleet(_fleet, _checkout);
        _jobs = HostJobs.On(host, _fleet, _checkout);
    }

    private async Task<HostJob> UntilMovedAsync(HostJob job)
    {
        await UntilAsync("select count(*) > 0 from safe_deploy.migration where version = '000002'", job);
        return job;
    }

    private Task UntilAsync(string sql, HostJob job) => Eventually.Async(
        async () =>
        {
            Assert.False(job.End.IsCompleted, job.End.IsCompletedSuccessfully ? job.End.Result.ToString() : "the job broke");
            return await _fleet.Database.ScalarAsync<bool>(sql);
        },
        TimeSpan.FromSeconds(90), what: sql);

    private async Task AssertAsync(End expected, HostEnd end)
    {
        var actual = new End(end.Colour, end.Main, end.Post, end.Result, await FleetEnd.OfAsync(_fleet), await FleetEnd.DecisionAsync(_fleet), await VersionsAsync());
        Assert.True(expected == actual, $"{actual}\n{end.Log}");
        Assert.Equal(0, await _fleet.Database.ScalarAsync<long>(ActionFleet.AfterTheFence));
    }

    private async Task<string> VersionsAsync() => string.Join(' ', (await _fleet.TenantVersionsAsync()).Order(StringComparer.Ordinal));

    /// <param name="Decision">Letter of the way back; empty where none was decided.</param>
    /// <param name="Versions">Of the tenants, each once.</param>
    private sealed record End(JobColour Colour, int? Main, int? Post, string Result, string Conclusion, string Decision, string Versions);
}

public sealed class FailuresOnGitHubTests(SealedFleet made) : HostFailuresTests("github", made);

public sealed class FailuresOnAzureTests(SealedFleet made) : HostFailuresTests("azure", made);

public sealed class FailuresOnGitLabTests(SealedFleet made) : HostFailuresTests("gitlab", made);
