using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>The clock of the database's server is moved under a run: nothing is stolen, nothing is left behind.</summary>
public sealed class ServerClockTests : IAsyncLifetime
{
    private OwnServer _server = null!;
    private Sample _fleet = null!;

    public async Task InitializeAsync()
    {
        _server = await OwnServer.StartAsync(hasClock: true);
        _fleet = await Fleet.WithItemsAsync(await TestDatabase.CreateAsync(_server.Address, ""));
        // Work, not pg_sleep: that one waits for a time of day, which a clock that is set back moves away.
        _fleet.Migration("000002_note", "alter table item add column note text; select count(*) from generate_series(1, 4000000);", "alter table item drop column note;");
    }

    public async Task DisposeAsync()
    {
        await _fleet.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("+3h")]
    [InlineData("-3h")]
    public async Task A_run_under_which_it_moves_goes_on_to_its_end(string by)
    {
        using var run = await MovedAsync(by);
        var ended = await run.EndAsync();
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(["000002"], await _fleet.TenantVersionsAsync());
        Assert.InRange(await HoursAwayAsync(), 2.9, 3.1);
    }

    [Theory]
    [InlineData("+3h")]
    [InlineData("-3h")]
    public async Task A_run_that_was_killed_after_it_moved_is_taken_back_by_one_recover(string by)
    {
        using var run = await MovedAsync(by);
        run.Kill();
        var recovered = await _fleet.RunAsync("v2", "recover");
        Assert.True(recovered.ExitCode == 0, recovered.ToString());
        Assert.Equal(["000001"], await _fleet.TenantVersionsAsync());
    }

    /// <summary>A run with one of its tenants moved, and the clock since then.</summary>
    private async Task<CliProcess> MovedAsync(string by)
    {
        var run = _fleet.Start("v2", ["run"]);
        await Eventually.Async(
            async () =>
            {
                Assert.False(run.HasExited, "the run ended before");
                return await _fleet.Database.ScalarAsync<long>("select count(*) from safe_deploy.migration where version = '000002'") > 0;
            },
            TimeSpan.FromSeconds(60), what: "the first tenant has moved");
        await _server.MoveClockAsync(by);
        return run;
    }

    /// <summary>The server's clock from the machine's; a library that is not there would leave this at nothing.</summary>
    private async Task<double> HoursAwayAsync()
    {
        var server = await _fleet.Database.ScalarAsync<DateTime>("select clock_timestamp()");
        return Math.Abs((server - DateTime.UtcNow).TotalHours);
    }
}
