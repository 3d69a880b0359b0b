using System.Text.Json;
using Npgsql;
using SafeDeploy.DatabaseTests.Databases;
using SafeDeploy.DatabaseTests.Ledger;
using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Integrations.BackupStores.Folder;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Backups;

/// <summary>A whole database comes back under its own name in one moment, or stays what it is; its ledger goes on.</summary>
public sealed class EverythingRestoreTests : IAsyncLifetime
{
    private static readonly BackupLabel Label = new("pos", "prod", "prod-7-1", "v2");
    private static readonly Scope[] Scopes = [new Scope.Public(), Scope.Parse("tenant_a"), Scope.Parse("tenant_b")];

    private readonly string _store = Directory.CreateTempSubdirectory("safe-deploy-everything").FullName;
    private Subject _subject = null!;
    private PostgresLedgerStore _ledger = null!;

    public async Task InitializeAsync()
    {
        _subject = await Subject.CreateAsync("""
            create table plan (id int primary key); insert into plan select generate_series(1, 10);
            create schema tenant_a; create table tenant_a.sale (id bigserial primary key, plan int references plan, total numeric);
            insert into tenant_a.sale (plan, total) select 1 + n % 10, n from generate_series(1, 200) n;
            create schema tenant_b; create table tenant_b.sale (like tenant_a.sale including all); insert into tenant_b.sale select * from tenant_a.sale;
            create schema control; create table control.tenant (name text); insert into control.tenant values ('tenant_a'), ('tenant_b');
            create view every_sale as select 'a' as tenant, id from tenant_a.sale union all select 'b', id from tenant_b.sale
            """);
        _ledger = new PostgresLedgerStore(Server, PostgresLedgerOptions.Default, TimeProvider.System);
        await _ledger.PrepareAsync(default);
        await using var hold = (await _ledger.HoldAsync(Deploying.Open())).Hold;
        await MigratedAsync("000001");
        await hold.ConcludeAsync(Deploying.End(), default);
        await using var backup = new PgDumpBackup(Server, Store, new ToolRunner(), TimeProvider.System, Options);
        await backup.TakeAsync("set-1", Scopes, Label, default);
    }

    public async Task DisposeAsync()
    {
        foreach (var kept in await DatabasesAsync())
            await AdminAsync($"drop database if exists \"{kept}\" with (force)");
        await _ledger.DisposeAsync();
        await _subject.DisposeAsync();
        Directory.Delete(_store, recursive: true);
    }

    private NpgsqlConnectionStringBuilder Server => PostgresUrl.Parse(_subject.Server.Url);

    private FolderStore Store => new(_store, null);

    private static PgDumpOptions Options => PgDumpOptions.Default with { Bin = TestServers.PostgresBin };

    [Fact]
    public async Task Everything_comes_back_under_the_same_name_with_the_live_ledger_and_the_database_as_it_was_is_kept()
    {
        var database = _subject.Server.Name;
        await _subject.Server.ExecuteAsync($"""
            alter database {database} set app.branch = 'a, "b"'; alter database {database} set search_path = "$user", public; alter database {database} connection limit 77;
            revoke connect on database {database} from public; grant connect on database {database} to pg_monitor with grant option;
            drop schema tenant_a cascade; delete from tenant_b.sale; delete from control.tenant; create schema tenant_new; create table tenant_new.sale (id int); insert into tenant_new.sale values (1)
            """);
        await MigratedAsync("000002");
        await using var client = await _subject.Server.OpenAsync();
        await using var restore = Open();
        var losses = (await restore.PlanAsync("set-1", [], default)).Losses.ToDictionary(l => l.Schema);
        Assert.Equal((false, true, false), (losses["tenant_a"].Exists, losses["tenant_b"].Exists, losses["tenant_new"].IsInSet));

        var (swapped, deployment) = await SwapAsync(restore, keep: TimeSpan.Zero);

        await AssertAsBackedUpAsync();
        Assert.Equal("000001", await _subject.Server.ScalarAsync<string>("select string_agg(distinct version, ' ') from safe_deploy.migration"));
        Assert.Equal("a, \"b\"|\"$user\", public|77|false|true", await _subject.Server.ScalarAsync<string>("""
            select concat_ws('|', current_setting('app.branch'), current_setting('search_path'), d.datconnlimit,
                (exists (select from aclexplode(d.datacl) x where x.grantee = 0 and x.privilege_type = 'CONNECT'))::text,
                has_database_privilege('pg_monitor', d.datname, 'connect with grant option')::text) from pg_database d where d.datname = current_database()
            """));
        Assert.Equal("Opened Parked Applied Concluded", await _ledger.KindsAsync(deployment));
        Assert.Equal(HoldState.Free, await _ledger.StateOfAsync());
        Assert.True(swapped.Epoch > 100);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => new NpgsqlCommand("select 1", client).ExecuteScalarAsync());
        Assert.Equal([swapped.KeptName], await DatabasesAsync());
        await using var hold = (await _ledger.HoldAsync(Deploying.Open("drop"))).Hold;
        Assert.Equal(swapped.KeptName, Assert.Single((await restore.DropExpiredAsync(hold, default)).Dropped));
        Assert.Empty(await DatabasesAsync());
    }

    [Fact]
    public async Task Sessions_of_an_older_epoch_find_the_restored_ledger_closed()
    {
        var hold = (await _ledger.HoldAsync(Deploying.Open("restore-1"))).Hold;
        var stale = FencedConnections.Of(hold);
        await using var restore = Open();
        var prepared = await restore.PrepareAsync("set-1", default);
        await hold.ParkAsync(TimeProvider.System.GetUtcNow().AddMinutes(3), "test", default);
        await restore.SwapAsync(Call(prepared, hold.Deployment), default);
        Assert.Equal("SD0203", (await Assert.ThrowsAsync<ProblemException>(() => stale.OpenAsync("late", default))).Problem.Code);
    }

    [Fact]
    public async Task Who_dies_before_the_names_change_leaves_the_database_as_it_is_and_a_copy_that_is_found_again()
    {
        await _subject.Server.ExecuteAsync("delete from tenant_b.sale where id > 100");
        await using var restore = Open();
        Assert.False(await restore.AbandonAsync(default));
        var prepared = await restore.PrepareAsync("set-1", default);
        Assert.Equal(100, await _subject.Server.ScalarAsync<long>("select count(*) from tenant_b.sale"));
        Assert.Equal(prepared.Name, (await restore.PrepareAsync("set-1", default)).Name);
        Assert.Equal([prepared.Name], await DatabasesAsync());
        Assert.True(await restore.AbandonAsync(default));
        Assert.Equal("SD0533", (await Assert.ThrowsAsync<ProblemException>(() => SwapAsync(restore, prepared: prepared))).Problem.Code);
        Assert.Empty(await DatabasesAsync());
        Assert.Equal(100, await _subject.Server.ScalarAsync<long>("select count(*) from tenant_b.sale"));
    }

    [Fact]
    public async Task Clients_that_come_back_at_once_do_not_keep_the_name_and_a_session_that_is_cut_off_is_begun_again()
    {
        using var over = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 2).Select(_ => ComeBackAsync(over.Token)).ToArray();
        await using var blocker = await AdminOpenAsync();
        await using (var hold = new NpgsqlCommand($"begin; comment on database {_subject.Server.Name} is 'x'", blocker))
            await hold.ExecuteNonQueryAsync();
        await using var restore = Open();
        var swap = SwapAsync(restore);
        await Eventually.Async(CutOffAsync, TimeSpan.FromSeconds(60));
        await using (var letGo = new NpgsqlCommand("rollback", blocker))
            await letGo.ExecuteNonQueryAsync();
        await swap;
        await over.CancelAsync();
        await Task.WhenAll(clients);
        await AssertAsBackedUpAsync();
        Assert.Equal(HoldState.Free, await _ledger.StateOfAsync());
    }

    [Fact]
    public async Task Another_environment_at_work_and_a_prepared_transaction_refuse_it()
    {
        await using var other = (await _ledger.HoldAsync(Deploying.Open("run-9", environment: "uat"))).Hold;
        await using var restore = Open();
        Assert.Equal("SD0530", Assert.Single((await restore.PlanAsync("set-1", [], default)).Refusals).Code);
        var prepared = await restore.PrepareAsync("set-1", default);
        Assert.Equal("SD0530", (await Assert.ThrowsAsync<ProblemException>(() => SwapAsync(restore, prepared: prepared))).Problem.Code);
        await restore.AbandonAsync(default);
    }

    [Fact]
    public async Task A_damaged_set_a_false_manifest_and_a_server_that_ends_the_session_leave_no_copy()
    {
        var file = Path.Combine(_store, "set-1", "manifest.json");
        var text = await File.ReadAllTextAsync(file);
        var manifest = JsonSerializer.Deserialize(text, BackupJson.Default.BackupManifest)!;
        await using var restore = Open();
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(
            manifest with { Scopes = manifest.Scopes.SetItem("tenant_b", manifest.Scopes["tenant_b"] with { Data = "1:x" }) }, BackupJson.Default.BackupManifest));
        Assert.Equal("SD0515", (await Assert.ThrowsAsync<ProblemException>(() => restore.PrepareAsync("set-1", default))).Problem.Code);
        await File.WriteAllTextAsync(file, text);

        await using var dying = Open(new ToolRunner
        {
            Before = call => call.Arguments.Contains("--section=data")
                ? AdminAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{call.Environment["PGDATABASE"]}'")
                    .ContinueWith(_ => AdminAsync($"alter database \"{call.Environment["PGDATABASE"]}\" allow_connections false")).Unwrap()
                : Task.CompletedTask,
        });
        Assert.Equal("SD0518", (await Assert.ThrowsAsync<ProblemException>(() => dying.PrepareAsync("set-1", default))).Problem.Code);

        var part = Path.Combine(_store, "set-1", manifest.Parts.First(p => p.Scopes.Contains("tenant_b")).File);
        await using (var flip = File.Open(part, FileMode.Open))
        {
            flip.Position = flip.Length / 2;
            var was = flip.ReadByte();
            flip.Position--;
            flip.WriteByte((byte)(was ^ 1));
        }

        Assert.Equal("SD0508", (await Assert.ThrowsAsync<ProblemException>(() => restore.PrepareAsync("set-1", default))).Problem.Code);
        Assert.Empty(await DatabasesAsync());
    }

    private PgDumpRestore Open(ToolRunner? runner = null) => new(Server, Store, runner ?? new ToolRunner(), TimeProvider.System, Options);

    private static DatabaseSwapCall Call(PreparedDatabase prepared, DeploymentId deployment, TimeSpan? keep = null) => new(
        prepared, "prod", deployment, keep ?? TimeSpan.FromDays(1), TimeSpan.FromSeconds(60),
        _ => [new LedgerFact.Applied("restore:database", "x", 1), Deploying.End(Conclusion.Restored)]);

    private async Task<(SwappedDatabase, DeploymentId)> SwapAsync(PgDumpRestore restore, TimeSpan? keep = null, PreparedDatabase? prepared = null)
    {
        await using var hold = (await _ledger.HoldAsync(Deploying.Open($"restore-{Guid.NewGuid():N}"))).Hold;
        prepared ??= await restore.PrepareAsync("set-1", default);
        await hold.ParkAsync(TimeProvider.System.GetUtcNow().AddMinutes(3), "test", default);
        try
        {
            return (await restore.SwapAsync(Call(prepared, hold.Deployment, keep), default), hold.Deployment);
        }
        catch (ProblemException)
        {
            await _subject.Server.ExecuteAsync("update safe_deploy.environment set concluded = true, parked_until = null where name = 'prod'");
            throw;
        }
    }

    private async Task AssertAsBackedUpAsync()
    {
        var manifest = JsonSerializer.Deserialize(await File.ReadAllTextAsync(Path.Combine(_store, "set-1", "manifest.json")), BackupJson.Default.BackupManifest)!;
        var scopes = manifest.Scopes.Keys.Select(Scope.Parse).ToArray();
        Assert.Equal(4, scopes.Length);
        var data = await new DataFingerprints(_subject.Reader()).ReadAsync(scopes, default);
        var structure = await new Fingerprints(_subject.Reader()).ReadAsync(scopes, default);
        Assert.All(manifest.Scopes, s => Assert.Equal((s.Value.Data, s.Value.Structure), (data[s.Key], structure[s.Key])));
        Assert.Equal(2, await _subject.Server.ScalarAsync<long>("select count(*) from control.tenant"));
        Assert.Equal(400, await _subject.Server.ScalarAsync<long>("select count(*) from every_sale"));
    }

    /// <summary>A pool that is never told to stop.</summary>
    private async Task ComeBackAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
            try
            {
                await using var connection = await _subject.Server.OpenAsync(CancellationToken.None);
                await using var command = new NpgsqlCommand("select count(*) from tenant_b.sale", connection);
                await command.ExecuteScalarAsync(CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                // Ended by the swap, or the name is just changing hands: it comes back.
            }
    }

    /// <summary>Ends the session that waits to rename this database; false while there is none.</summary>
    private async Task<bool> CutOffAsync()
    {
        await using var connection = await AdminOpenAsync();
        await using var kill = new NpgsqlCommand("select count(pg_terminate_backend(a.pid)) from pg_stat_activity a where a.query like 'alter database %' || $1 || '%rename%' and a.wait_event_type = 'Lock'", connection);
        kill.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _subject.Server.Name });
        return await kill.ExecuteScalarAsync() is > 0L;
    }

    /// <summary>Databases that a restore of this one made: new ones and kept ones.</summary>
    private async Task<string[]> DatabasesAsync()
    {
        await using var connection = await AdminOpenAsync();
        await using var command = new NpgsqlCommand("""
            select d.datname::text from pg_database d where d.datname like 'safe\_deploy\_old\_%' || left($1, 30) || '%'
                or d.datname = 'safe_deploy_new_' || (select live.oid from pg_database live where live.datname = $1)
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _subject.Server.Name });
        await using var rows = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await rows.ReadAsync())
            names.Add(rows.GetString(0));
        return [.. names];
    }

    private static async Task<NpgsqlConnection> AdminOpenAsync()
    {
        var settings = PostgresUrl.Parse(TestServers.Postgres.ToString());
        settings.Database = "postgres";
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task AdminAsync(string sql)
    {
        await using var connection = await AdminOpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task MigratedAsync(string version)
    {
        foreach (var scope in Scopes)
            await _subject.Server.ExecuteAsync($"insert into safe_deploy.migration (scope, version, name, checksum, deployment) values ('{scope.Schema}', '{version}', 'x', 'c', 'd')");
    }
}
