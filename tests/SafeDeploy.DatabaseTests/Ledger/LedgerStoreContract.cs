using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Ledger;

/// <summary>A place for a ledger and the stores that several processes open on it.</summary>
public interface ILedgerPlace : IAsyncDisposable
{
    /// <summary>A store as another process would open it; it shares nothing with the others but the place.</summary>
    ILedgerStore Open();
}

/// <summary>What every <see cref="ILedgerStore"/> promises.</summary>
public abstract class LedgerStoreContract : IAsyncLifetime
{
    private ILedgerPlace _place = null!;
    private ILedgerStore _store = null!;
    private ILedgerStore _other = null!;

    protected abstract Task<ILedgerPlace> PlaceAsync();

    public async Task InitializeAsync()
    {
        _place = await PlaceAsync();
        _store = _place.Open();
        _other = _place.Open();
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _other.DisposeAsync();
        await _place.DisposeAsync();
    }

    private async Task<Acquisition.Held> FirstAsync()
    {
        await _store.PrepareAsync(CancellationToken.None);
        return await _store.HoldAsync(Deploying.Open());
    }

    [Fact]
    public async Task Before_anything_is_there_the_environment_is_free_and_its_history_empty()
    {
        var state = await _store.StateAsync("prod", CancellationToken.None);
        Assert.Equal((HoldState.Free, null, null), (state.State, state.Current, state.LastCommitted));
        Assert.Empty(await _store.HistoryAsync("prod", 10, CancellationToken.None));
        Assert.Empty(await _store.ReadAsync(new DeploymentId("prod-none"), CancellationToken.None));
    }

    [Fact]
    public async Task A_new_deployment_begins_with_its_opening_and_ends_with_its_conclusion()
    {
        var held = await FirstAsync();
        Assert.True(held.IsNew);
        Assert.Equal(HoldState.Working, await _other.StateOfAsync());
        await held.Hold.NoteAsync("something");
        await held.Hold.ConcludeAsync(Deploying.End(), CancellationToken.None);
        Assert.Equal("Opened Noted Concluded", await _other.KindsAsync(held.Hold.Deployment));
        Assert.Equal(HoldState.Free, await _other.StateOfAsync());
    }

    [Fact]
    public async Task An_appended_fact_comes_back_as_it_was()
    {
        await using var hold = (await FirstAsync()).Hold;
        var fact = new LedgerFact.Intended("w1", new Change.StartRelease(Deploying.Release(), "blue", "{\"a\":\"\u00e9 \u0001 \\u0000\"}"), new Undo.RemoveStarted("blue"));
        var written = await hold.AppendAsync(StepName.DeployImage, fact, CancellationToken.None);
        var read = Assert.Single(await hold.ReadAsync(CancellationToken.None), entry => entry.Fact is LedgerFact.Intended);
        Assert.Equal(written, read);
        Assert.Equal(StepName.DeployImage, read.Step);
    }

    [Fact]
    public async Task Another_run_meets_a_working_one_and_is_told_who()
    {
        await using var hold = (await FirstAsync()).Hold;
        var busy = Assert.IsType<Acquisition.Busy>(await _other.AcquireAsync(Deploying.Open("run-2", "v3"), CancellationToken.None));
        Assert.Equal(HoldState.Working, busy.State.State);
        Assert.Equal("run-1", busy.State.Holder?.RunId);
        Assert.IsType<Acquisition.Busy>(await _other.AcquireAsync(Deploying.TakeOver(), CancellationToken.None));
        await hold.EnsureHeldAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Of_two_that_ask_at_once_exactly_one_gets_the_hold()
    {
        await _store.PrepareAsync(CancellationToken.None);
        for (var round = 0; round < 10; round++)
        {
            var answers = await Task.WhenAll(
                _store.AcquireAsync(Deploying.Open($"a-{round}"), CancellationToken.None),
                _other.AcquireAsync(Deploying.Open($"b-{round}"), CancellationToken.None));
            var held = Assert.Single(answers.OfType<Acquisition.Held>());
            Assert.Single(answers.OfType<Acquisition.Busy>());
            await held.Hold.ConcludeAsync(Deploying.End(), CancellationToken.None);
        }
    }

    [Fact]
    public async Task Two_environments_do_not_meet()
    {
        await using var hold = (await FirstAsync()).Hold;
        await using var other = (await _other.HoldAsync(Deploying.Open(environment: "uat"))).Hold;
        await hold.NoteAsync("a");
        await other.NoteAsync("b");
    }

    [Fact]
    public async Task A_parked_deployment_is_not_taken_by_another_run()
    {
        var hold = (await FirstAsync()).Hold;
        await hold.ParkAsync(DateTimeOffset.MaxValue.AddDays(-400), "backup", CancellationToken.None);
        Assert.Equal(HoldState.Parked, await _other.StateOfAsync());
        Assert.IsType<Acquisition.Busy>(await _other.AcquireAsync(Deploying.Open("run-2"), CancellationToken.None));
        Assert.IsType<Acquisition.Busy>(await _other.AcquireAsync(Deploying.TakeOver(), CancellationToken.None));
    }

    [Fact]
    public async Task The_next_step_of_the_same_run_goes_on_with_the_parked_deployment()
    {
        var first = (await FirstAsync()).Hold;
        await first.ParkAsync(DateTimeOffset.MaxValue.AddDays(-400), "backup", CancellationToken.None);
        var next = await _other.HoldAsync(Deploying.Open() with { Mode = AcquireMode.Continue });
        Assert.Equal((first.Deployment, false, null), (next.Hold.Deployment, next.IsNew, next.FencedEpoch));
        Assert.True(next.Hold.Epoch > first.Epoch);
        await next.Hold.DisposeAsync();
        Assert.Equal("Opened Parked", await _other.KindsAsync(first.Deployment));
    }

    [Fact]
    public async Task A_person_takes_a_parked_deployment_when_insisting()
    {
        var first = (await FirstAsync()).Hold;
        await first.ParkAsync(DateTimeOffset.MaxValue.AddDays(-400), "backup", CancellationToken.None);
        await using var taken = (await _other.HoldAsync(Deploying.TakeOver() with { TakeParked = true })).Hold;
        Assert.Equal("Opened Parked TakenOver", await _other.KindsAsync(first.Deployment));
    }

    [Fact]
    public async Task A_deployment_whose_parking_time_is_over_is_dead_and_may_be_taken()
    {
        var first = (await FirstAsync()).Hold;
        await first.ParkAsync(DateTimeOffset.UnixEpoch, "backup", CancellationToken.None);
        Assert.Equal(HoldState.Dead, await _other.StateOfAsync());
        Assert.IsType<Acquisition.Busy>(await _other.AcquireAsync(Deploying.Open("run-2"), CancellationToken.None));
        await using var taken = (await _other.HoldAsync(Deploying.TakeOver())).Hold;
        Assert.Equal(first.Deployment, taken.Deployment);
    }

    [Fact]
    public async Task A_process_that_ended_without_concluding_leaves_a_dead_deployment_that_its_own_run_resumes()
    {
        var first = await FirstAsync();
        await first.Hold.DisposeAsync();
        Assert.Equal(HoldState.Dead, await _other.StateOfAsync());
        var next = await _other.HoldAsync(Deploying.Open());
        Assert.Equal((first.Hold.Deployment, false, (int?)first.Hold.Epoch), (next.Hold.Deployment, next.IsNew, next.FencedEpoch));
        await next.Hold.DisposeAsync();
    }

    [Fact]
    public async Task The_job_of_the_same_run_takes_over_its_own_working_process_and_fences_it()
    {
        await using var first = (await FirstAsync()).Hold;
        await using var taken = (await _other.HoldAsync(Deploying.TakeOver("run-1"))).Hold;
        var fenced = await Assert.ThrowsAsync<ProblemException>(() => first.NoteAsync("too late"));
        Assert.Equal("SD0203", fenced.Problem.Code);
        Assert.True(first.Lost.IsCancellationRequested || await Lost(first));
        await Assert.ThrowsAsync<ProblemException>(() => first.EnsureHeldAsync(CancellationToken.None));
        await taken.NoteAsync("mine now");
    }

    [Fact]
    public async Task Nothing_is_there_to_take_over_before_the_first_deployment()
    {
        await _store.PrepareAsync(CancellationToken.None);
        Assert.IsType<Acquisition.NothingThere>(await _store.AcquireAsync(Deploying.TakeOver(), CancellationToken.None));
    }

    [Fact]
    public async Task A_concluded_deployment_is_answered_to_a_step_and_begun_again_by_a_run()
    {
        var first = (await FirstAsync()).Hold;
        await first.ConcludeAsync(Deploying.End(Conclusion.RolledBack), CancellationToken.None);
        var answer = await _other.AcquireAsync(Deploying.Open() with { Mode = AcquireMode.Continue }, CancellationToken.None);
        Assert.Equal(Conclusion.RolledBack, Assert.IsType<Acquisition.AlreadyConcluded>(answer).Deployment.Conclusion);
        var again = await _other.HoldAsync(Deploying.Open());
        Assert.Equal((true, $"{first.Deployment}.2"), (again.IsNew, again.Hold.Deployment.Value));
        await again.Hold.DisposeAsync();
    }

    [Fact]
    public async Task A_concluded_deployment_can_be_taken_for_a_rollback_and_concludes_again()
    {
        var first = (await FirstAsync()).Hold;
        await first.AppendAsync(StepName.VerifyHealth, new LedgerFact.Committed("verify-health"), CancellationToken.None);
        await first.ConcludeAsync(Deploying.End(), CancellationToken.None);
        Assert.Equal(first.Deployment, (await _other.StateAsync("prod", CancellationToken.None)).LastCommitted?.Id);

        var rollback = (await _other.HoldAsync(Deploying.TakeOver())).Hold;
        Assert.Equal(HoldState.Working, await _store.StateOfAsync());
        await rollback.ConcludeAsync(Deploying.End(Conclusion.RolledBack), CancellationToken.None);
        Assert.Null((await _store.StateAsync("prod", CancellationToken.None)).LastCommitted);
    }

    [Fact]
    public async Task A_concluded_deployment_that_was_taken_and_left_untouched_is_concluded_as_before()
    {
        var first = (await FirstAsync()).Hold;
        await first.ConcludeAsync(Deploying.End(), CancellationToken.None);
        await (await _other.HoldAsync(Deploying.TakeOver())).Hold.DisposeAsync();
        var state = await _store.StateAsync("prod", CancellationToken.None);
        Assert.Equal((HoldState.Free, Conclusion.Deployed), (state.State, state.Current?.Conclusion));

        var touched = (await _other.HoldAsync(Deploying.TakeOver())).Hold;
        await touched.NoteAsync("begun");
        await touched.DisposeAsync();
        Assert.Equal(HoldState.Dead, await _store.StateOfAsync());
    }

    [Fact]
    public async Task The_next_deployment_starts_from_the_last_committed_release()
    {
        foreach (var (version, commits) in new[] { ("v1", true), ("v2", false) })
        {
            await _store.PrepareAsync(CancellationToken.None);
            var hold = (await _store.HoldAsync(Deploying.Open($"run-{version}", version))).Hold;
            if (commits)
                await hold.AppendAsync(null, new LedgerFact.Committed("verify-health"), CancellationToken.None);
            await hold.ConcludeAsync(Deploying.End(commits ? Conclusion.Deployed : Conclusion.RolledBack), CancellationToken.None);
        }

        await using var next = (await _store.HoldAsync(Deploying.Open("run-3", "v3"))).Hold;
        var opened = Assert.IsType<LedgerFact.Opened>((await next.ReadAsync(CancellationToken.None))[0].Fact);
        Assert.Equal("v1", opened.From?.Version);
        var history = await _store.HistoryAsync("prod", 2, CancellationToken.None);
        Assert.Equal(["v3", "v2"], history.Select(deployment => deployment.To.Version));
    }

    [Fact]
    public async Task After_a_rollback_to_a_named_release_that_release_is_the_last_committed_one()
    {
        await _store.PrepareAsync(CancellationToken.None);
        var first = await CommitAsync("v1");
        await CommitAsync("v2");
        await CommitAsync("v3");
        Assert.Equal("v3", await LastCommittedAsync());

        await RollBackAsync(to: first);
        Assert.Equal("v1", await LastCommittedAsync());

        // What is committed afterwards counts, and its own plain rollback leads to the named release, not to a skipped one.
        await CommitAsync("v4");
        Assert.Equal("v4", await LastCommittedAsync());
        await RollBackAsync(to: null);
        Assert.Equal("v1", await LastCommittedAsync());
    }

    [Fact]
    public async Task After_a_plain_rollback_the_release_before_is_the_last_committed_one_and_the_next_starts_from_it()
    {
        await _store.PrepareAsync(CancellationToken.None);
        await CommitAsync("v1");
        await CommitAsync("v2");
        await CommitAsync("v3");
        await RollBackAsync(to: null);
        Assert.Equal("v2", await LastCommittedAsync());
        await using var next = (await _store.HoldAsync(Deploying.Open("run-v4", "v4"))).Hold;
        var opened = Assert.IsType<LedgerFact.Opened>((await next.ReadAsync(CancellationToken.None))[0].Fact);
        Assert.Equal("v2", opened.From?.Version);
    }

    [Fact]
    public async Task A_rollback_to_a_named_release_in_one_environment_leaves_the_others()
    {
        await _store.PrepareAsync(CancellationToken.None);
        var first = await CommitAsync("v1");
        await CommitAsync("v2", "uat");
        await CommitAsync("v2");
        await RollBackAsync(to: first);
        Assert.Equal("v2", await LastCommittedAsync("uat"));
    }

    private async Task<DeploymentId> CommitAsync(string version, string environment = "prod")
    {
        var hold = (await _store.HoldAsync(Deploying.Open($"run-{environment}-{version}", version, environment))).Hold;
        await hold.AppendAsync(null, new LedgerFact.Committed("verify-health"), CancellationToken.None);
        await hold.ConcludeAsync(Deploying.End(), CancellationToken.None);
        return hold.Deployment;
    }

    private async Task RollBackAsync(DeploymentId? to)
    {
        var hold = (await _other.HoldAsync(Deploying.TakeOver("run-rollback"))).Hold;
        await hold.AppendAsync(null, new LedgerFact.RollbackClaimed("ana", true, "by hand", to?.Value), CancellationToken.None);
        await hold.ConcludeAsync(Deploying.End(Conclusion.RolledBack) with { RolledBackTo = to?.Value }, CancellationToken.None);
    }

    private async Task<string?> LastCommittedAsync(string environment = "prod") =>
        (await _store.StateAsync(environment, CancellationToken.None)).LastCommitted?.To.Version;

    [Fact]
    public async Task Only_one_automatic_rollback_can_be_claimed_but_people_may_roll_back_again()
    {
        await using var hold = (await FirstAsync()).Hold;
        await hold.AppendAsync(null, new LedgerFact.RollbackClaimed("run-1", Manual: false, "gates"), CancellationToken.None);
        var second = await Assert.ThrowsAsync<ProblemException>(
            () => hold.AppendAsync(null, new LedgerFact.RollbackClaimed("hook", Manual: false, "job failed"), CancellationToken.None));
        Assert.Equal("SD0205", second.Problem.Code);
        await hold.AppendAsync(null, new LedgerFact.RollbackClaimed("ana", Manual: true, "by hand"), CancellationToken.None);
    }

    [Fact]
    public async Task A_named_deployment_is_found_by_its_name()
    {
        await _store.PrepareAsync(CancellationToken.None);
        var named = new DeploymentId("summer-release");
        var first = (await _store.HoldAsync(Deploying.Open() with { Deployment = named })).Hold;
        await first.DisposeAsync();
        await using var again = (await _other.HoldAsync(Deploying.Open("run-9", "v9") with { Deployment = named })).Hold;
        Assert.Equal(named, again.Deployment);
    }

    [Fact]
    public async Task A_take_over_that_names_another_deployment_is_refused()
    {
        await (await FirstAsync()).Hold.DisposeAsync();
        var wrong = await Assert.ThrowsAsync<ProblemException>(
            () => _other.AcquireAsync(Deploying.TakeOver() with { Deployment = new DeploymentId("prod-other") }, CancellationToken.None));
        Assert.Equal("SD0208", wrong.Problem.Code);
    }

    [Fact]
    public async Task Eight_processes_prepare_the_ledger_at_once()
    {
        var stores = Enumerable.Range(0, 8).Select(_ => _place.Open()).ToArray();
        await Task.WhenAll(stores.Select(store => store.PrepareAsync(CancellationToken.None)));
        foreach (var store in stores)
            await store.DisposeAsync();
        await using var hold = (await FirstAsync()).Hold;
    }

    private static async Task<bool> Lost(ILedgerHold hold)
    {
        await Eventually.Async(() => hold.Lost.IsCancellationRequested, TimeSpan.FromSeconds(5));
        return true;
    }
}
