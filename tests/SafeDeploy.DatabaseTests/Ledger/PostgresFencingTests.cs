using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Ledger;

/// <summary>What a former process may still do after somebody took over: nothing.</summary>
public sealed class PostgresFencingTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);
    private static readonly PostgresLedgerOptions Hasty = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10));

    private TestDatabase _database = null!;
    private PostgresLedgerStore _store = null!;
    private PostgresLedgerStore _other = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _store = PostgresLedgerPlace.Store(_database, Hasty, TimeProvider.System);
        _other = PostgresLedgerPlace.Store(_database, Hasty, TimeProvider.System);
        await _store.PrepareAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _other.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_transaction_that_was_open_when_another_process_took_over_never_commits()
    {
        await using var old = (await _store.HoldAsync(Deploying.Open())).Hold;
        var worker = await FencedConnections.Of(old).OpenAsync("worker-1", CancellationToken.None);
        await RunAsync(worker.Connection, "begin", $"select safe_deploy.fence('prod', {old.Epoch})", "create table public.half_done (id int)");
        var running = RunAsync(worker.Connection, "select pg_sleep(60)", "commit");

        var taken = await _other.HoldAsync(Deploying.TakeOver("run-1"));

        var ended = await Assert.ThrowsAnyAsync<NpgsqlException>(() => running);
        Assert.Equal("57P01", ended.SqlState);
        Assert.Null(await _database.ScalarAsync<string>("select to_regclass('public.half_done')::text"));
        var told = Assert.Single((await taken.Hold.ReadAsync(CancellationToken.None)).Select(entry => entry.Fact).OfType<LedgerFact.TakenOver>());
        Assert.Equal(old.Epoch, told.FromEpoch);
        // The worker's for certain; the keeper's may have noticed first and left by itself.
        Assert.InRange(told.SessionsEnded, 1, 2);
        await taken.Hold.DisposeAsync();
        await worker.DisposeAsync();
    }

    [Fact]
    public async Task A_former_process_can_open_no_new_session()
    {
        await using var old = (await _store.HoldAsync(Deploying.Open())).Hold;
        await using var taken = (await _other.HoldAsync(Deploying.TakeOver("run-1"))).Hold;
        var fenced = await Assert.ThrowsAsync<ProblemException>(() => FencedConnections.Of(old).OpenAsync("worker-1", CancellationToken.None));
        Assert.Equal("SD0203", fenced.Problem.Code);
        await Eventually.Async(() => old.Lost.IsCancellationRequested, Soon);
    }

    [Fact]
    public async Task A_take_over_waits_for_an_unrecorded_transaction_that_passed_the_fence()
    {
        var old = (await _store.HoldAsync(Deploying.Open())).Hold;
        await using var unrecorded = await _database.OpenAsync();
        await RunAsync(unrecorded, "begin", $"select safe_deploy.fence('prod', {old.Epoch})");
        await old.DisposeAsync();

        var taking = _other.AcquireAsync(Deploying.TakeOver(), CancellationToken.None);
        await Eventually.Async(async () => await WaitsForRowAsync(), Soon);
        Assert.True(await EpochAsync() > old.Epoch);
        Assert.False(taking.IsCompleted);
        await RunAsync(unrecorded, "commit");
        await using var taken = Assert.IsType<Acquisition.Held>(await taking).Hold;
    }

    [Fact]
    public async Task A_take_over_gives_up_after_its_time_and_the_next_one_succeeds()
    {
        var patient = PostgresLedgerPlace.Store(_database, Hasty with { FenceWithin = TimeSpan.FromMilliseconds(200) }, TimeProvider.System);
        await (await _store.HoldAsync(Deploying.Open())).Hold.DisposeAsync();
        await using (var unrecorded = await _database.OpenAsync())
        {
            await RunAsync(unrecorded, "begin", "select from safe_deploy.environment for key share");
            var stuck = await Assert.ThrowsAsync<ProblemException>(() => patient.AcquireAsync(Deploying.TakeOver(), CancellationToken.None));
            Assert.Equal("SD0206", stuck.Problem.Code);
        }

        Assert.Equal(HoldState.Dead, await _store.StateOfAsync());
        await using var taken = (await _other.HoldAsync(Deploying.TakeOver())).Hold;
        await patient.DisposeAsync();
    }

    [Fact]
    public async Task A_hung_process_is_dead_after_its_time_and_is_fenced_when_it_wakes()
    {
        var frozen = new FakeClock();
        await using var hung = PostgresLedgerPlace.Store(_database, Hasty, frozen);
        await using var old = (await hung.HoldAsync(Deploying.Open())).Hold;
        Assert.Equal(HoldState.Working, await _other.StateOfAsync());
        await Eventually.Async(async () => await _other.StateOfAsync() == HoldState.Dead, Soon);

        await using var taken = (await _other.HoldAsync(Deploying.TakeOver())).Hold;
        frozen.Advance(Hasty.RenewEvery);
        await Eventually.Async(
            () =>
            {
                frozen.Advance(Hasty.RenewEvery);
                return old.Lost.IsCancellationRequested;
            },
            Soon);
        await taken.NoteAsync("mine");
    }

    /// <param name="look">At which of its looks at the clock the process is frozen; the last is after the server's answer.</param>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_process_that_was_frozen_while_it_asked_does_not_believe_the_answer_of_before(int look)
    {
        var clock = new FreezingClock();
        await using var slow = PostgresLedgerPlace.Store(_database, Hasty with { RenewEvery = TimeSpan.FromHours(1), Ttl = TimeSpan.FromHours(2) }, clock);
        await using var old = (await slow.HoldAsync(Deploying.Open())).Hold;
        await Eventually.Async(async () => await _other.StateOfAsync() == HoldState.Dead, Soon);
        ILedgerHold? taken = null;
        clock.FreezeAt(look, TimeSpan.FromHours(1), () => taken = _other.HoldAsync(Deploying.TakeOver()).GetAwaiter().GetResult().Hold);

        var refused = await Assert.ThrowsAsync<ProblemException>(() => old.EnsureHeldAsync(CancellationToken.None));

        Assert.Equal("SD0203", refused.Problem.Code);
        Assert.NotNull(taken);
        await taken.DisposeAsync();
    }

    /// <summary>The machine's clock, but at one look the process stands still, and others go on.</summary>
    private sealed class FreezingClock : TimeProvider
    {
        private TimeSpan _frozen = TimeSpan.Zero;
        private TimeSpan _time = TimeSpan.Zero;
        private Action _meanwhile = () => { };
        private int _looks = int.MinValue;

        public void FreezeAt(int look, TimeSpan time, Action meanwhile) => (_looks, _time, _meanwhile) = (-look, time, meanwhile);

        public override long GetTimestamp()
        {
            if (_looks < 0 && ++_looks == 0)
            {
                _meanwhile();
                _frozen = _time;
            }

            return System.GetTimestamp() + (long)(_frozen.TotalSeconds * TimestampFrequency);
        }
    }

    [Fact]
    public async Task A_process_whose_sessions_are_killed_goes_on_when_nobody_took_over()
    {
        await using var hold = (await _store.HoldAsync(Deploying.Open())).Hold;
        await hold.NoteAsync("before");
        await KillAsync();
        await hold.NoteAsync("after");
        await Eventually.Async(async () => await _other.StateOfAsync() == HoldState.Working, Soon);
        Assert.False(hold.Lost.IsCancellationRequested);
        Assert.Equal("Opened Noted Noted", await _other.KindsAsync(hold.Deployment));
    }

    [Fact]
    public async Task A_process_that_cannot_come_back_within_its_time_stops_itself()
    {
        await using var hold = (await _store.HoldAsync(Deploying.Open())).Hold;
        await AllowConnectionsAsync(false);
        await KillAsync();
        await Eventually.Async(() => hold.Lost.IsCancellationRequested, Soon);
        var lost = await Assert.ThrowsAsync<ProblemException>(() => hold.NoteAsync("too late"));
        Assert.Equal("SD0204", lost.Problem.Code);

        await AllowConnectionsAsync(true);
        Assert.Equal(HoldState.Dead, await _other.StateOfAsync());
        await using var taken = (await _other.HoldAsync(Deploying.TakeOver())).Hold;
    }

    [Fact]
    public async Task A_killed_process_is_taken_over_at_once()
    {
        await using var hold = (await _store.HoldAsync(Deploying.Open())).Hold;
        await AllowConnectionsAsync(false);
        await KillAsync();
        await AllowConnectionsAsync(true);
        await using var taken = (await _other.HoldAsync(Deploying.TakeOver("run-1"))).Hold;
        await Eventually.Async(() => hold.Lost.IsCancellationRequested, Soon);
        await taken.NoteAsync("mine");
    }

    [Fact]
    public async Task The_machines_clock_may_jump_without_ending_or_stealing_a_hold()
    {
        var clock = new FakeClock();
        await using var jumping = PostgresLedgerPlace.Store(_database, Hasty with { Ttl = TimeSpan.FromMinutes(5) }, clock);
        await using var hold = (await jumping.HoldAsync(Deploying.Open())).Hold;
        foreach (var hours in (int[])[36, -72])
        {
            clock.Jump(TimeSpan.FromHours(hours));
            clock.Advance(Hasty.RenewEvery);
            Assert.Equal(HoldState.Working, await jumping.StateOfAsync());
            var asking = jumping.AcquireAsync(Deploying.TakeOver(), CancellationToken.None);
            await Eventually.Async(
                () =>
                {
                    clock.Advance(TimeSpan.FromMilliseconds(50));
                    return asking.IsCompleted;
                },
                Soon);
            Assert.IsType<Acquisition.Busy>(await asking);
        }

        await hold.EnsureHeldAsync(CancellationToken.None);
        Assert.False(hold.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_heartbeat_of_the_future_speaks_for_nobody_until_it_is_renewed()
    {
        var frozen = new FakeClock();
        await using var hung = PostgresLedgerPlace.Store(_database, Hasty, frozen);
        await using var old = (await hung.HoldAsync(Deploying.Open())).Hold;
        // As it stands after the server's clock was set back.
        await _database.ExecuteAsync("update safe_deploy.environment set heartbeat_at = heartbeat_at + interval '3 hours'");
        Assert.Equal(HoldState.Dead, await _other.StateOfAsync());
        frozen.Advance(Hasty.RenewEvery);
        await Eventually.Async(async () => await _other.StateOfAsync() == HoldState.Working, Soon);

        await _database.ExecuteAsync("update safe_deploy.environment set heartbeat_at = heartbeat_at + interval '3 hours'");
        await using var taken = (await _other.HoldAsync(Deploying.TakeOver())).Hold;
        Assert.Equal(old.Epoch + 1, taken.Epoch);
    }

    [Fact]
    public async Task A_heartbeat_does_not_wait_for_a_running_migration()
    {
        await using var hold = (await _store.HoldAsync(Deploying.Open())).Hold;
        await using var worker = await FencedConnections.Of(hold).OpenAsync("worker-1", CancellationToken.None);
        await RunAsync(worker.Connection, "begin", $"select safe_deploy.fence('prod', {hold.Epoch})");
        var before = await HeartbeatAsync();
        await Eventually.Async(async () => await HeartbeatAsync() > before, Soon);
        await hold.NoteAsync("an append does not wait either");
        await RunAsync(worker.Connection, "rollback");
    }

    [Fact]
    public async Task Ledger_sessions_are_durable_whatever_the_databases_default_says()
    {
        await _database.ExecuteAsync($"alter database {_database.Name} set synchronous_commit = off");
        await using var hold = (await _store.HoldAsync(Deploying.Open())).Hold;
        await using var worker = await FencedConnections.Of(hold).OpenAsync("worker-1", CancellationToken.None);
        await using var ask = new NpgsqlCommand("show synchronous_commit", worker.Connection);
        Assert.Equal("on", await ask.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Every_session_is_named_and_recorded_before_it_is_handed_out_and_forgotten_after()
    {
        await using var hold = (await _store.HoldAsync(Deploying.Open())).Hold;
        var worker = await FencedConnections.Of(hold).OpenAsync("worker-1", CancellationToken.None);
        var named = $"select count(*) from pg_stat_activity where pid = {worker.Pid} and application_name = 'safe-deploy/{hold.Deployment}/{hold.Epoch}/worker-1'";
        var recorded = $"select count(*) from safe_deploy.session where pid = {worker.Pid} and purpose = 'worker-1' and epoch = {hold.Epoch}";
        Assert.Equal((1L, 1L), (await _database.ScalarAsync<long>(named), await _database.ScalarAsync<long>(recorded)));
        await worker.DisposeAsync();
        Assert.Equal(0L, await _database.ScalarAsync<long>(recorded));
    }

    private static async Task RunAsync(NpgsqlConnection connection, params string[] statements)
    {
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private Task<bool> WaitsForRowAsync() => _database.ScalarAsync<bool>(
        $"select exists (select from pg_stat_activity where datname = '{_database.Name}' and application_name like 'safe-deploy/%' and wait_event_type = 'Lock')");

    private Task<int> EpochAsync() => _database.ScalarAsync<int>("select epoch from safe_deploy.environment");

    private Task<DateTime> HeartbeatAsync() => _database.ScalarAsync<DateTime>("select heartbeat_at from safe_deploy.environment");

    private Task KillAsync() => OnServerAsync(
        $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{_database.Name}' and application_name like 'safe-deploy/%'");

    private Task AllowConnectionsAsync(bool allow) => OnServerAsync($"alter database {_database.Name} allow_connections {allow}");

    private static async Task OnServerAsync(string sql)
    {
        var server = PostgresUrl.Parse(TestServers.Postgres.ToString());
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await RunAsync(connection, sql);
    }
}
