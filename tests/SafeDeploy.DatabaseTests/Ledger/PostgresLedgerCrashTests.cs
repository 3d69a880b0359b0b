using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Ledger;

/// <summary>A process, its connection or the server's answer is lost between any two writes; the next call handles what is left.</summary>
public sealed class PostgresLedgerCrashTests : IAsyncLifetime
{
    private const int MostWrites = 40;

    // Counts writes outside of any transaction (a sequence is never rolled back) and ends the writer before the chosen one.
    private const string Crash =
        """
        create schema crash;
        create sequence crash.writes;
        create table crash.plan (at bigint not null);
        insert into crash.plan values (0);
        create function crash.maybe() returns trigger language plpgsql as $$
        begin
            if nextval('crash.writes') = (select p.at from crash.plan p) then
                perform pg_terminate_backend(pg_backend_pid());
                perform pg_sleep(5);
            end if;
            return null;
        end $$;
        create trigger crash before insert or update or delete on safe_deploy.environment for each statement execute function crash.maybe();
        create trigger crash before insert or update or delete on safe_deploy.deployment for each statement execute function crash.maybe();
        create trigger crash before insert or update or delete on safe_deploy.entry for each statement execute function crash.maybe();
        create trigger crash before insert or update or delete on safe_deploy.session for each statement execute function crash.maybe();
        """;

    private TestDatabase _database = null!;
    private PostgresLedgerStore _store = null!;
    private PostgresLedgerStore _other = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _store = PostgresLedgerPlace.Store(_database, PostgresLedgerOptions.Default, TimeProvider.System);
        _other = PostgresLedgerPlace.Store(_database, PostgresLedgerOptions.Default, TimeProvider.System);
        await _store.PrepareAsync(CancellationToken.None);
        await _database.ExecuteAsync(Crash);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _other.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public Task Opening_a_deployment_may_end_before_any_write() => AtEveryWriteAsync(
        _ => Task.CompletedTask,
        async environment => await (await _store.HoldAsync(Deploying.Open(environment: environment))).Hold.DisposeAsync());

    [Fact]
    public Task Taking_over_may_end_before_any_write() => AtEveryWriteAsync(
        LeaveDeadAsync,
        async environment => await (await _store.HoldAsync(In(environment, Deploying.TakeOver("run-3")))).Hold.DisposeAsync());

    [Fact]
    public Task Concluding_may_end_before_any_write() => AtEveryWriteAsync(
        LeaveDeadAsync,
        async environment =>
        {
            var held = await _store.HoldAsync(Deploying.Open(environment: environment));
            await held.Hold.ConcludeAsync(Deploying.End(), CancellationToken.None);
        });

    [Fact]
    public Task Parking_may_end_before_any_write() => AtEveryWriteAsync(
        LeaveDeadAsync,
        async environment =>
        {
            var held = await _store.HoldAsync(Deploying.Open(environment: environment));
            await held.Hold.ParkAsync(DateTimeOffset.UnixEpoch, "backup", CancellationToken.None);
        });

    [Theory]
    [InlineData(Cut.Request)]
    [InlineData(Cut.Answer)]
    public async Task An_append_whose_connection_breaks_is_written_once(Cut cut)
    {
        var clock = new FakeClock();
        await using var proxy = new CuttingProxy(new Uri(_database.Url));
        await using var store = new PostgresLedgerStore(PostgresUrl.Parse(proxy.Url.ToString()), PostgresLedgerOptions.Default, clock);
        await using var hold = (await store.HoldAsync(Deploying.Open())).Hold;
        await hold.NoteAsync("first");

        proxy.CutNext(cut);
        var second = hold.NoteAsync("second");
        await Eventually.Async(
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(100));
                return second.IsCompleted;
            },
            TimeSpan.FromSeconds(10));
        await second;
        var notes = (await _other.ReadAsync(hold.Deployment, CancellationToken.None)).Select(entry => entry.Fact).OfType<LedgerFact.Noted>();
        Assert.Equal(["first", "second"], notes.Select(note => note.Text));
    }

    private async Task LeaveDeadAsync(string environment) =>
        await (await _store.HoldAsync(Deploying.Open(environment: environment))).Hold.DisposeAsync();

    private static AcquireRequest In(string environment, AcquireRequest request) =>
        request with { Identity = request.Identity with { Environment = environment } };

    private async Task AtEveryWriteAsync(Func<string, Task> before, Func<string, Task> act)
    {
        for (var write = 1; ; write++)
        {
            Assert.True(write < MostWrites, "the act never ended without a crash");
            var environment = $"e{write}";
            await before(environment);
            await _database.ExecuteAsync($"select setval('crash.writes', 1, false); update crash.plan set at = {write}");
            await TryAsync(() => act(environment));
            var reached = await _database.ScalarAsync<long>("select last_value from crash.writes") >= write;
            await _database.ExecuteAsync("update crash.plan set at = 0");
            await WorksAgainAsync(environment);
            if (!reached)
                return;
        }
    }

    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (ProblemException expected)
        {
            // The crash ended the process; what counts is what the next one finds.
            Assert.StartsWith("SD02", expected.Problem.Code, StringComparison.Ordinal);
        }
    }

    private async Task WorksAgainAsync(string environment)
    {
        var state = await _other.StateAsync(environment, CancellationToken.None);
        var request = state.State == HoldState.Free ? Deploying.Open("run-9", environment: environment) : In(environment, Deploying.TakeOver("run-9"));
        var hold = (await _other.HoldAsync(request)).Hold;
        await hold.NoteAsync("works");
        await hold.ConcludeAsync(Deploying.End(Conclusion.RolledBack), CancellationToken.None);
        var kinds = await _other.KindsAsync(hold.Deployment);
        Assert.StartsWith("Opened", kinds, StringComparison.Ordinal);
        Assert.EndsWith("Noted Concluded", kinds, StringComparison.Ordinal);
        Assert.Equal(HoldState.Free, await _store.StateOfAsync(environment));
        Assert.Equal(0L, await _database.ScalarAsync<long>($"select count(*) from safe_deploy.session s where s.environment = '{environment}' and exists (select from pg_stat_activity a where a.pid = s.pid and a.backend_start = s.backend_start)"));
    }
}
