using System.Text.RegularExpressions;
using Npgsql;
using SafeDeploy.Integrations.Migrations.SqlFiles;

namespace SafeDeploy.DatabaseTests.Migrations;

/// <summary>Locks, deadlocks, slow statements and broken connections.</summary>
public sealed partial class SqlFilesLockTests
{
    [Fact]
    public async Task Who_holds_the_lock_is_named_when_all_attempts_are_used()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.Database.ExecuteAsync("create table acme.sale (id int)");
        fleet.Limits = new MigrationLimits(TimeSpan.FromMilliseconds(200), TimeSpan.FromMinutes(1), 1);
        await using var other = await HoldingAsync(fleet, "lock table acme.sale in access share mode");
        var outcome = await fleet.With(1, "select 1;\n\nalter table sale add total numeric;").ForwardAsync("acme");
        Assert.Equal(2, outcome.Attempts);
        Assert.Empty(await fleet.VersionsAsync("acme"));
        Golden.Verify(Seconds().Replace(ProblemText.Of(outcome.Problem!), "for 1 s")
            .Replace($"pid {other.ProcessID}", "pid 4711", StringComparison.Ordinal)
            .Replace($"({other.ProcessID})", "(4711)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lock_that_is_given_up_in_time_is_waited_for()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.Database.ExecuteAsync("create table acme.sale (id int)");
        fleet.Limits = new MigrationLimits(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), 8);
        var other = await HoldingAsync(fleet, "lock table acme.sale in access exclusive mode");
        var running = fleet.With(1, "alter table sale add total numeric;").ForwardAsync("acme");
        await WaitingAsync(fleet);
        await other.DisposeAsync();
        var outcome = await running;
        Assert.Null(outcome.Problem);
        Assert.Equal(["acme +001"], await fleet.MovesAsync());
    }

    [Fact]
    public async Task A_deadlock_is_tried_again()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.Database.ExecuteAsync("create table acme.a (id int); create table acme.b (id int)");
        // Ours has waited longer than deadlock_timeout when the other closes the circle, so either may be the victim;
        // the other one's own detection is switched off by a longer timeout of its own.
        await using var other = await HoldingAsync(fleet, "set deadlock_timeout = '60s'; lock table acme.b in access exclusive mode");
        fleet.Limits = new MigrationLimits(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), 3);
        var running = fleet.With(1, "lock table a in access exclusive mode; lock table b in access exclusive mode; alter table b add x int;").ForwardAsync("acme");
        await WaitingAsync(fleet);
        await using var closing = new NpgsqlCommand("lock table acme.a in access exclusive mode", other);
        await closing.ExecuteNonQueryAsync();
        await using (var end = new NpgsqlCommand("rollback", other))
            await end.ExecuteNonQueryAsync();
        var outcome = await running;
        Assert.Null(outcome.Problem);
        Assert.Equal(2, outcome.Attempts);
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_ended_and_named()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        fleet.Limits = new MigrationLimits(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(200), 3);
        var outcome = await fleet.With(1, "create table a (id int);\nselect pg_sleep(60);").ForwardAsync("acme");
        Assert.Equal(1, outcome.Attempts);
        Golden.Verify(ProblemText.Of(outcome.Problem!));
    }

    [Fact]
    public async Task A_backend_killed_between_two_statements_is_replaced_and_the_tenant_moved_once()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.Database.ExecuteAsync("create table acme.log (n int); create table public.gate (n int)");
        await using var gate = await HoldingAsync(fleet, "lock table public.gate in access exclusive mode");
        fleet.Limits = new MigrationLimits(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), 5);
        var running = fleet.With(1, "insert into log values (1);\nselect count(*) from public.gate;\ninsert into log values (2);").ForwardAsync("acme");
        await WaitingAsync(fleet);
        await fleet.Database.ExecuteAsync("select pg_terminate_backend(pid) from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()");
        await WaitingAsync(fleet);
        await gate.DisposeAsync();
        var outcome = await running;
        Assert.Null(outcome.Problem);
        Assert.True(outcome.Attempts > 1);
        Assert.Equal(2L, await fleet.Database.ScalarAsync<long>("select count(*) from acme.log"));
        Assert.Equal(["acme +001"], await fleet.MovesAsync());
    }

    [Fact]
    public async Task A_connection_that_breaks_at_its_commit_is_not_repeated()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        // The transaction commits, and then its session is gone: a trigger cannot do that, but ending it from within the
        // last statement can: the signal is handled after COMMIT's work is done or before it, and both must give one row.
        await fleet.Database.ExecuteAsync("create table acme.log (n int)");
        fleet.With(1, "insert into log values (1);\nselect pg_terminate_backend(pg_backend_pid());");
        fleet.Limits = new MigrationLimits(TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1), 1);
        var outcome = await fleet.ForwardAsync("acme");
        Assert.Equal("SD0423", outcome.Problem?.Code);
        Golden.Verify(ProblemText.Of(outcome.Problem!));
        Assert.Equal(0L, await fleet.Database.ScalarAsync<long>("select count(*) from acme.log"));
        Assert.Empty(await fleet.VersionsAsync("acme"));
    }

    [Fact]
    public async Task A_run_that_is_told_to_stop_at_once_leaves_the_tenant_as_it_was()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        using var force = new CancellationTokenSource();
        var running = fleet.With(1, "create table a (id int);\nselect pg_sleep(60);").ForwardAsync(Fleet.Tenant("acme"), force: force.Token);
        await Eventually.Async(async () => await fleet.Database.ScalarAsync<bool>("select exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())"), TimeSpan.FromSeconds(20));
        await force.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.False(await fleet.ExistsAsync("acme.a"));
        Assert.Empty(await fleet.VersionsAsync("acme"));
    }

    [Fact]
    public async Task What_reaches_outside_the_tenant_is_undone_and_named()
    {
        (string Sql, string Table)[] all =
        [
            ("insert into plan values (1);", "public.plan"),
            ("alter table plan add x int;", "public.plan"),
            ("drop table plan;", "public.plan"),
            ("drop table if exists plan cascade;", "public.plan"),
            ("do $$ begin execute 'drop table pl' || 'an'; end $$;", "public.plan"),
            ("alter table plan rename to acme_plan; alter table acme_plan set schema acme;", "public.plan"),
            ("create table public.mine (id int);", "public.mine"),
            ("create table s (id int references plan);", "public.plan"),
            ("create index on plan (id);", "public.plan"),
            ("truncate plan;", "public.plan"),
            ("update other.sale set id = 2;", "other.sale"),
            ("create table a (id int primary key); create table b (id int references a deferrable initially deferred); create function f() returns trigger language plpgsql as 'begin insert into plan values (9); return null; end'; create constraint trigger t after insert on a deferrable initially deferred for each row execute function f(); insert into a values (1);", "public.plan"),
            ("create index concurrently i on plan (id);", "public.plan"),
            ("drop index concurrently plan_pkey_too;", "public.plan"),
        ];
        await using var fleet = await Fleet.CreateAsync("acme", "other");
        await fleet.Database.ExecuteAsync("create table public.plan (id int primary key); create index plan_pkey_too on public.plan (id); create table other.sale (id int)");
        await AreRefusedAsync(fleet, all);
        Assert.True(await fleet.ExistsAsync("public.plan"));
        Assert.True(await fleet.ExistsAsync("public.plan_pkey_too"));
        Assert.Equal(0L, await fleet.Database.ScalarAsync<long>("select count(*) from public.plan"));
    }

    private static async Task AreRefusedAsync(Fleet fleet, (string Sql, string Name)[] all)
    {
        foreach (var (sql, name) in all)
        {
            var outcome = await fleet.With(1, sql).ForwardAsync("acme");
            Assert.True(outcome.Problem?.Code == "SD0421", $"{sql} {outcome.Problem}");
            Assert.Contains($"\"{name}\"", outcome.Problem!.What, StringComparison.Ordinal);
            Assert.Empty(await fleet.VersionsAsync("acme"));
        }
    }

    [Fact]
    public async Task Functions_types_and_schemas_outside_the_tenant_are_left_as_they_are_and_named()
    {
        (string Sql, string Name)[] all =
        [
            ("drop function tax(int);", "public.tax"), ("do $$ begin execute 'drop function ta' || 'x(int)'; end $$;", "public.tax"),
            ("alter function tax(int) rename to vat;", "public.vat"), ("alter function tax(int) set schema acme;", "public.tax"),
            ("drop type mood cascade;", "public.mood"), ("alter type mood add value 'bad';", "public.mood"), ("drop domain code;", "public.code"),
            ("drop collation public.plain;", "public.plain"), ("drop schema bare;", "bare.bare"),
            // What takes no lock: a row of the catalogue that is this transaction's own tells it.
            ("create or replace function public.tax(int) returns int language sql as 'select 9';", "public.tax"),
            ("do $$ begin begin execute 'create or replace function public.tax(int) returns int language sql as ''select 9'''; exception when division_by_zero then null; end; end $$;", "public.tax"),
            ("create procedure bare.tidy() language sql as 'select 1';", "bare.tidy"), ("grant execute on function public.tax(int) to pg_monitor;", "public.tax"),
            ("create type public.size as enum ('s');", "public.size"), ("create domain public.zip as text;", "public.zip"),
        ];
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.Database.ExecuteAsync(SharedObjects);
        await AreRefusedAsync(fleet, all);
        Assert.Equal("ok", await fleet.Database.ScalarAsync<string>("select min(m::text) from unnest(enum_range(null::public.mood)) m where public.tax(1) = 1"));
        Assert.True(await fleet.Database.ScalarAsync<bool>("select to_regtype('public.code') is not null and to_regnamespace('bare') is not null"));
    }

    private const string SharedObjects =
        "create function public.tax(int) returns int language sql as 'select $1'; create type public.mood as enum ('ok'); create domain public.code as text; "
        + "create collation public.plain (locale = 'C'); create schema bare;";

    [Fact]
    public async Task Functions_and_types_of_the_tenant_are_its_own_and_those_it_shares_may_be_used()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.Database.ExecuteAsync(SharedObjects);
        fleet.With(1, "create table t (m mood default 'ok', c code collate plain, x int generated always as (tax(1)) stored); create function tax(int) returns int language sql as 'select 2'; "
            + "create type mood as enum ('fine'); alter type mood add value 'bad'; alter function tax(int) rename to vat; drop function vat(int); drop type mood; drop table t;");
        // tax and mood of the shared schema are immutable parts of a table only while the tenant has none of its own.
        await fleet.Database.ExecuteAsync("alter function public.tax(int) immutable");
        Assert.Null((await fleet.ForwardAsync("acme")).Problem);
    }

    [Fact]
    public async Task A_shared_table_may_be_written_and_reading_needs_no_leave()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.Database.ExecuteAsync("create table public.plan (id serial primary key, name text); create table public.other (id int); insert into public.other values (7)");
        fleet.Shared = ["public.plan"];
        fleet.With(1, "insert into plan (name) values ('a'); create table t as select * from other; create table s (plan int references plan); drop table t;");
        var outcome = await fleet.ForwardAsync("acme");
        Assert.Null(outcome.Problem);
    }

    [Fact]
    public async Task A_table_outside_the_tenant_is_refused_with_its_remedy()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        await fleet.Database.ExecuteAsync("create table public.plan (id int primary key)");
        Golden.Verify(ProblemText.Of((await fleet.With(1, "alter table plan add x int;").ForwardAsync("acme")).Problem!));
    }

    [GeneratedRegex("for [0-9]+ s")]
    private static partial Regex Seconds();

    private static async Task<NpgsqlConnection> HoldingAsync(Fleet fleet, string sql)
    {
        var connection = new NpgsqlConnection(fleet.Database.ConnectionString + ";Application Name=billing");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"begin; {sql}", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private static Task WaitingAsync(Fleet fleet) => Eventually.Async(
        async () => await fleet.Database.ScalarAsync<bool>(
            "select exists (select from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.application_name like 'safe-deploy/%' and a.datname = current_database())"),
        TimeSpan.FromSeconds(30));
}
