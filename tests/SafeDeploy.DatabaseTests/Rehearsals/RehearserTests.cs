using Npgsql;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Rehearsals;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Rehearsal;

namespace SafeDeploy.DatabaseTests.Rehearsals;

/// <summary>Migrations forward, back and forward again on the real server.</summary>
public sealed class RehearserTests
{
    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    private static Task<RehearsalReport> RehearseAsync(params (string Path, string Sql)[] files) => RehearseAsync(RehearsalOptions.Default, files);

    private static async Task<RehearsalReport> RehearseAsync(RehearsalOptions options, params (string Path, string Sql)[] files)
    {
        var (set, problems) = MigrationSetReader.Read(ScopeKind.Tenants, "m", null, [.. files.Select(f => new MigrationFile(f.Path, f.Sql))]);
        Assert.Empty(problems);
        return await new Rehearser(Parser, TimeProvider.System).RunAsync(TestServers.Postgres.ToString(), set, options, _ => { }, CancellationToken.None);
    }

    private static (string, string)[] Pair(int number, string up, string? down) =>
        down is null ? [($"{number:000000}_m.up.sql", up)] : [($"{number:000000}_m.up.sql", up), ($"{number:000000}_m.down.sql", down)];

    private static async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = TestServers.Postgres.Host,
            Port = TestServers.Postgres.Port,
            Database = "postgres",
            Pooling = false,
            Username = TestServers.Postgres.UserInfo.Split(':')[0],
            Password = TestServers.Postgres.UserInfo.Split(':').ElementAtOrDefault(1),
        }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is long count ? count : -1;
    }

    /// <summary>One chain with every verdict; a bad way back stops nothing behind it.</summary>
    [Fact]
    public async Task Every_verdict_is_told_with_what_was_seen()
    {
        var report = await RehearseAsync(
        [
            .. Pair(1, "create table plan (id int primary key, name text not null); create table customer (id bigserial primary key, email text unique, plan_id int references plan, note text);", "drop table customer, plan;"),
            .. Pair(2, "create table extra (id int); alter table customer add column left_over int;", "drop table extra;"),
            .. Pair(3, "alter table customer add column y int;", "-- nothing"),
            .. Pair(4, "update customer set note = '' where note is null;", "-- nothing had to be undone"),
            .. Pair(5, "create view v as select id, email from customer;", "drop view vv;"),
            .. Pair(6, "alter table customer alter column note set not null;", null),
            .. Pair(7, "create index concurrently customer_note on customer (note);", "drop index concurrently customer_note;"),
            .. Pair(8, "alter table missing add column a int;", "alter table missing drop column a;"),
            // The column comes back at the end of the table: only its place differs.
            .. Pair(9, "drop view v; alter table customer drop column email;", "alter table customer add column email text unique; create view v as select id, email from customer;"),
            .. Pair(10, "alter table plan drop constraint plan_pkey cascade;", "alter table plan add constraint plan_key primary key (id); alter table customer add foreign key (plan_id) references plan;"),
            .. Pair(11, "insert into customer (id, note) values (1, 'seed');", ""),
            .. Pair(12, "create unique index concurrently first on customer (id); create unique index concurrently second on missing (id);", "drop index first;"),
            .. Pair(13, "comment on table plan is 'plans';", "comment on table plan is null;"),
            .. Pair(14, "begin; alter table plan add column q int; commit; begin; alter table plan add column r int; commit;", "alter table plan drop column r, drop column q;"),
        ]);

        Golden.Verify(RehearsalText.Render(report with { Server = 15 }));
        Assert.Equal(
            [
                RehearsalVerdict.Restored, RehearsalVerdict.Differs, RehearsalVerdict.Empty, RehearsalVerdict.Restored, RehearsalVerdict.Fails,
                RehearsalVerdict.Missing, RehearsalVerdict.Restored, RehearsalVerdict.ForwardFails, RehearsalVerdict.Restored,
                RehearsalVerdict.Differs, RehearsalVerdict.Empty, RehearsalVerdict.ForwardFails, RehearsalVerdict.Restored, RehearsalVerdict.Restored,
            ],
            report.Migrations.Select(m => m.Verdict));
        Assert.False(report.IsRestored);
    }

    [Fact]
    public async Task Placeholders_stand_for_a_schema_that_is_there_or_that_a_migration_makes()
    {
        var there = await RehearseAsync(
        [
            .. Pair(1, "create table {{schema}}.a (id int primary key); create table b (id int);", "drop table {{schema}}.a; drop table b;"),
            .. Pair(2, "alter table \"${tenant}\".c add column x int;", "select 1;"),
            .. Pair(3, "create index on :schema.d (x)", "drop index :schema.d_x_idx"),
        ]);
        Assert.Equal([RehearsalVerdict.Restored, RehearsalVerdict.ForwardFails, RehearsalVerdict.ForwardFails], there.Migrations.Select(m => m.Verdict));
        Assert.Contains("42P01", there.Migrations[1].Differences.Single(), StringComparison.Ordinal);

        var made = await RehearseAsync(
        [
            .. Pair(1, "create schema {{ index .Options \"Namespace\" }};", "drop schema {{ index .Options \"Namespace\" }};"),
            .. Pair(2, "create table {{ index .Options \"Namespace\" }}.a (id int);", "drop table {{ index .Options \"Namespace\" }}.a;"),
        ]);
        Assert.True(made.IsRestored, RehearsalText.Render(made));
    }

    [Fact]
    public async Task What_reaches_beyond_the_database_is_not_run_and_roles_are_taken_away_again()
    {
        var role = $"sd_probe_{Guid.NewGuid():N}"[..20];
        var report = await RehearseAsync(
        [
            .. Pair(1, $"create role {role}; create table t (id int); grant select on t to {role};", $"drop table t; drop role {role};"),
            .. Pair(2, "alter database postgres set work_mem = '1MB'; alter system set work_mem = '1MB'; copy t to program 'true'; drop owned by public; create table u ();", "drop table u;"),
            .. Pair(3, $"do $$ begin if not exists (select from pg_roles where rolname = '{role}x') then create role {role}x; end if; end $$", "do $$ begin execute 'drop role ' || current_user; end $$"),
        ]);

        Assert.True(report.IsRestored, RehearsalText.Render(report));
        Assert.Equal(4, report.Migrations[1].Notes.Length);
        Assert.Equal(0, await CountAsync($"select count(*) from pg_roles where rolname like '{role}%'"));
        Assert.Equal(0, await CountAsync("select count(*) from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = 'postgres' and s.setconfig::text like '%work_mem%'"));
    }

    [Fact]
    public async Task Hostile_scripts_end_in_a_verdict_and_leave_no_database()
    {
        var report = await RehearseAsync(
            new RehearsalOptions([], TimeSpan.FromSeconds(1)),
            [
                .. Pair(1, "set statement_timeout = 0; set search_path = nowhere; create table public.\"a\"\"b; drop table x\" (\"ü\" int);", "drop table public.\"a\"\"b; drop table x\";"),
                .. Pair(2, "select pg_sleep(1000)", ""),
                .. Pair(3, "creat tabel x; '", "\\c postgres"),
                .. Pair(4, "do $$ begin loop null; end loop; end $$", ""),
                .. Pair(5, "select 1; select pg_terminate_backend(pg_backend_pid()); select 1", ""),
                .. Pair(6, "begin; create table half (id int);", "drop table half;"),
                .. Pair(7, "copy t from stdin;", ""),
                .. Pair(8, "create table last (id int);", "drop table last;"),
            ]);

        Assert.Equal(
            [
                RehearsalVerdict.Restored, RehearsalVerdict.ForwardFails, RehearsalVerdict.ForwardFails, RehearsalVerdict.ForwardFails,
                RehearsalVerdict.ForwardFails, RehearsalVerdict.Fails, RehearsalVerdict.ForwardFails, RehearsalVerdict.Restored,
            ],
            report.Migrations.Select(m => m.Verdict));
    }

    [Fact]
    public async Task What_a_killed_run_left_is_swept_and_what_a_living_one_uses_is_not()
    {
        var (dead, alive) = ($"sd_rehearse_{Guid.NewGuid():N}"[..24], $"sd_rehearse_{Guid.NewGuid():N}"[..24]);
        await using var keeper = await KeeperAsync(alive);
        try
        {
            foreach (var name in new[] { dead, alive })
                await ExecuteAsync(keeper, $"create database {name}_main");

            Assert.True((await RehearseAsync(Pair(1, "create table t (id int)", "drop table t"))).IsRestored);

            Assert.Equal(0, await CountAsync($"select count(*) from pg_database where datname = '{dead}_main'"));
            Assert.Equal(1, await CountAsync($"select count(*) from pg_database where datname = '{alive}_main'"));
        }
        finally
        {
            await ExecuteAsync(keeper, $"drop database if exists {alive}_main");
            await ExecuteAsync(keeper, $"drop database if exists {dead}_main");
        }
    }

    [Fact]
    public async Task A_server_that_refuses_is_a_problem_and_a_cancelled_rehearsal_leaves_nothing()
    {
        var (set, _) = MigrationSetReader.Read(ScopeKind.Tenants, "m", null, [.. Pair(1, "create table t (id int)", "drop table t").Select(f => new MigrationFile(f.Item1, f.Item2))]);
        var rehearser = new Rehearser(Parser, TimeProvider.System);
        var away = new UriBuilder(TestServers.Postgres) { Port = 1 }.Uri.ToString();
        var refused = await Assert.ThrowsAsync<SafeDeploy.Problems.ProblemException>(
            () => rehearser.RunAsync(away, set, RehearsalOptions.Default, _ => { }, CancellationToken.None));
        Assert.Equal("SD0910", refused.Problem.Info.Code);

        using var cancelled = new CancellationTokenSource();
        var two = set with { Migrations = [set.Migrations[0], set.Migrations[0]] };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => rehearser.RunAsync(TestServers.Postgres.ToString(), two, RehearsalOptions.Default, _ => cancelled.Cancel(), cancelled.Token));
    }

    private static async Task<NpgsqlConnection> KeeperAsync(string name)
    {
        var login = TestServers.Postgres.UserInfo.Split(':');
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = TestServers.Postgres.Host,
            Port = TestServers.Postgres.Port,
            Database = "postgres",
            Pooling = false,
            ApplicationName = name,
            Username = login[0],
            Password = login.ElementAtOrDefault(1),
        }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
