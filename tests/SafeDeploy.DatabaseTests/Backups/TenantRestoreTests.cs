using System.Collections.Immutable;
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

/// <summary>One tenant comes back exactly as it was backed up, in one moment, and nobody else notices.</summary>
public sealed class TenantRestoreTests : IAsyncLifetime
{
    private static readonly BackupLabel Label = new("pos", "prod", "prod-7-1", "v2");
    private static readonly Scope Hostile = Scope.Parse("O'Neil \"x\".y;--");
    private static readonly Scope Other = Scope.Parse("tenant_b");

    private readonly string _store = Directory.CreateTempSubdirectory("safe-deploy-restore-test").FullName;
    private Subject _subject = null!;
    private PostgresLedgerStore _ledger = null!;

    public async Task InitializeAsync()
    {
        _subject = await Subject.CreateAsync("create table plan (id int primary key); insert into plan select generate_series(1, 10)");
        _ledger = new PostgresLedgerStore(Server, PostgresLedgerOptions.Default, TimeProvider.System);
        await _ledger.PrepareAsync(default);
        foreach (var tenant in new[] { Hostile, Other })
            await _subject.Server.ExecuteAsync($$"""
                create schema {{tenant.Sql}}; set search_path = {{tenant.Sql}}, public;
                create table sale (id bigserial primary key, plan int references public.plan, note text default 'a;b', total numeric(12,2) check (total >= 0), taxed numeric generated always as (total * 1.1) stored);
                insert into sale (plan, note, total) select 1 + n % 10, E'line\n\\. tab\t' || n, n / 3.0 from generate_series(1, 200) n;
                insert into sale (plan, note, total) values (null, null, 0), (1, '\N', 1), (1, '', 1);
                create table log (at timestamptz not null, what text) partition by range (at);
                create table log_1 partition of log for values from ('2026-01-01') to ('2027-01-01'); insert into log values ('2026-06-01', 'x');
                create view large as select id, total from sale where total > 50;
                create function double(n int) returns int language plpgsql as $f$
                -- a line that begins like a comment; and a semicolon
                begin return n * 2; end $f$;
                do $d$ begin execute $x$ create function atomic(n int) returns int begin atomic select n + 1; select n + 2; end $x$; end $d$;
                create trigger touched before update on sale for each row execute function suppress_redundant_updates_trigger();
                alter table sale enable row level security; create policy own on sale using (plan is not null);
                comment on table sale is 'sold; --';
                """);
        await using var hold = (await _ledger.HoldAsync(Deploying.Open())).Hold;
        foreach (var tenant in new[] { Hostile, Other })
            await InsertMigrationsAsync(tenant, "000001", "000002");
        await hold.ConcludeAsync(Deploying.End(), default);
    }

    public async Task DisposeAsync()
    {
        await _ledger.DisposeAsync();
        await _subject.DisposeAsync();
        Directory.Delete(_store, recursive: true);
    }

    private NpgsqlConnectionStringBuilder Server => PostgresUrl.Parse(_subject.Server.Url);

    private FolderStore Store => new(_store, null);

    private static PgDumpOptions Options => PgDumpOptions.Default with { Bin = TestServers.PostgresBin };

    [Fact]
    public async Task A_tenant_comes_back_as_it_was_and_its_neighbours_keep_their_newer_rows()
    {
        var manifest = await BackUpAsync();
        await _subject.Server.ExecuteAsync($"""
            alter table {Hostile.Sql}.sale add column extra text; delete from {Hostile.Sql}.sale where id % 2 = 0; drop view {Hostile.Sql}.large;
            insert into {Other.Sql}.sale (plan, note, total) values (1, 'newer', 7)
            """);
        await InsertMigrationsAsync(Hostile, "000003");
        var neighbour = await FingerprintAsync(Other);

        var restored = await RestoreAsync(Hostile);

        Assert.Equal(manifest.Scopes[Hostile.Schema].Data, await FingerprintAsync(Hostile));
        Assert.Equal(manifest.Scopes[Hostile.Schema].Structure, (await new Fingerprints(_subject.Reader()).ReadAsync([Hostile], default))[Hostile.Schema]);
        Assert.Equal(neighbour, await FingerprintAsync(Other));
        Assert.Equal("000001 000002", await VersionsAsync(Hostile));
        Assert.Equal("000001 000002", await VersionsAsync(Other));
        var old = QuotedName.TryParse(restored.OldSchema!, out _)!;
        Assert.Equal(102, await _subject.Server.ScalarAsync<long>($"select count(*) from {old.Sql}.sale"));
        Assert.Null(TenantSchema.TryParse(old.Value, out _));
        Assert.Equal(204, await _subject.Server.ScalarAsync<long>($"select nextval('{Hostile.Sql.Replace("'", "''", StringComparison.Ordinal)}.sale_id_seq')"));
        Assert.Equal("safety", Assert.Single(await Sets(), s => s != "set-1"));
    }

    [Fact]
    public async Task A_writer_that_waits_for_the_restore_writes_into_what_was_restored()
    {
        await BackUpAsync();
        await using var writer = await _subject.Server.OpenAsync();
        Task<int>? waiting = null;
        await RestoreAsync(Hostile, safety: async () =>
        {
            await using var insert = new NpgsqlCommand($"insert into {Hostile.Sql}.sale (plan, note, total) values (1, 'waited', 9)", writer);
            waiting = insert.ExecuteNonQueryAsync();
            await Eventually.Async(async () => await _subject.Server.ScalarAsync<bool>($"select exists (select from pg_stat_activity where pid = {writer.ProcessID} and wait_event_type = 'Lock')"), TimeSpan.FromSeconds(30));
        });
        Assert.Equal(1, await waiting!);
        Assert.Equal(204, await _subject.Server.ScalarAsync<long>($"select count(*) from {Hostile.Sql}.sale"));
    }

    [Fact]
    public async Task A_writer_that_stays_is_named_and_nothing_is_changed()
    {
        await BackUpAsync();
        var before = await FingerprintAsync(Hostile);
        await using var writer = await _subject.Server.OpenAsync();
        await using var open = await writer.BeginTransactionAsync();
        await using (var insert = new NpgsqlCommand($"insert into {Hostile.Sql}.sale (plan) values (1)", writer))
            await insert.ExecuteNonQueryAsync();
        var failure = await Assert.ThrowsAsync<ProblemException>(() => RestoreAsync(Hostile, limits: new RestoreLimits(TimeSpan.FromSeconds(1.5), 0)));
        Assert.Equal("SD0522", failure.Problem.Code);
        Assert.Contains($"pid {writer.ProcessID}", failure.Problem.What, StringComparison.Ordinal);
        await open.RollbackAsync();
        Assert.Equal(before, await FingerprintAsync(Hostile));
    }

    [Fact]
    public async Task A_tenant_in_the_plan_of_another_environments_open_deployment_is_not_touched()
    {
        await BackUpAsync();
        var before = await FingerprintAsync(Hostile);
        await using var other = (await _ledger.HoldAsync(Deploying.Open("run-9", environment: "uat"))).Hold;
        ImmutableArray<MigrationVersion> pending = [new MigrationVersion("000003")];
        await other.AppendAsync(null, new LedgerFact.Planned([], ImmutableSortedDictionary<string, ImmutableArray<MigrationVersion>>.Empty.Add(Hostile.Schema, pending), [], false, [StepName.MigrateTenants]), default);
        Assert.Equal("SD0530", (await Assert.ThrowsAsync<ProblemException>(() => RestoreAsync(Hostile))).Problem.Code);
        Assert.Equal(before, await FingerprintAsync(Hostile));
        await RestoreAsync(Other);
        await other.ConcludeAsync(Deploying.End(), default);
        await RestoreAsync(Hostile);
    }

    [Fact]
    public async Task What_points_at_the_tenant_from_outside_refuses_the_restore_by_name()
    {
        await BackUpAsync();
        await _subject.Server.ExecuteAsync($"create view public.every_sale as select id from {Other.Sql}.sale; create publication p for table {Other.Sql}.sale");
        await using var restore = Open();
        var plan = await restore.PlanAsync("set-1", [Other], default);
        Golden.Verify(ProblemText.Of(plan.Refusals));
        Assert.Equal("SD0521", (await Assert.ThrowsAsync<ProblemException>(() => RestoreAsync(Other))).Problem.Code);
    }

    [Fact]
    public async Task A_damaged_set_a_false_manifest_and_a_server_that_dies_leave_the_tenant_as_it_is()
    {
        var manifest = await BackUpAsync();
        await _subject.Server.ExecuteAsync($"insert into {Hostile.Sql}.sale (plan, note, total) values (1, 'newer', 7)");
        var before = await FingerprintAsync(Hostile);
        var file = Path.Combine(_store, "set-1", "manifest.json");
        var facts = manifest.Scopes[Hostile.Schema];
        await WriteAsync(file, manifest with { Scopes = manifest.Scopes.SetItem(Hostile.Schema, facts with { Data = "1:x" }) });
        Assert.Equal("SD0523", (await Assert.ThrowsAsync<ProblemException>(() => RestoreAsync(Hostile))).Problem.Code);
        await WriteAsync(file, manifest);

        var died = await Assert.ThrowsAsync<ProblemException>(() => RestoreAsync(Hostile, safety: () => _subject.Server.ExecuteAsync(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'safe-deploy/%/restore'")));
        Assert.Equal("SD0524", died.Problem.Code);

        var part = Path.Combine(_store, "set-1", manifest.Parts.First(p => p.Scopes.Contains(Hostile.Schema)).File);
        var bytes = await File.ReadAllBytesAsync(part);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(part, bytes);
        Assert.Equal("SD0508", (await Assert.ThrowsAsync<ProblemException>(() => RestoreAsync(Hostile))).Problem.Code);

        Assert.Equal(before, await FingerprintAsync(Hostile));
        Assert.Equal("000001 000002", await VersionsAsync(Hostile));
        Assert.Equal(0, await _subject.Server.ScalarAsync<long>("select count(*) from pg_namespace where nspname like 'safe\\_deploy\\_old%'"));
    }

    [Fact]
    public async Task The_loss_is_counted_or_said_to_be_unknown_and_a_dropped_tenant_loses_nothing()
    {
        await BackUpAsync();
        await _subject.Server.ExecuteAsync($"insert into {Other.Sql}.sale (plan) select 1 from generate_series(1, 5); drop schema {Hostile.Sql} cascade; select pg_stat_force_next_flush()");
        await using var restore = Open();
        await Eventually.Async(async () => (await restore.PlanAsync("set-1", [Other], default)).Losses[0].Written >= 5, TimeSpan.FromSeconds(30));
        var loss = (await restore.PlanAsync("set-1", [Other, Hostile], default)).Losses;
        Assert.Equal((true, false, 0L), (loss[0].Exists, loss[1].Exists, loss[1].Written!.Value));
        await _subject.Server.ExecuteAsync("select pg_stat_reset()");
        await Eventually.Async(async () => (await restore.PlanAsync("set-1", [Other], default)).Losses[0].Written is null, TimeSpan.FromSeconds(30));

        var again = await RestoreAsync(Hostile);
        Assert.Null(again.OldSchema);
        Assert.Equal(203, await _subject.Server.ScalarAsync<long>($"select count(*) from {Hostile.Sql}.sale"));
    }

    [Fact]
    public async Task What_a_tenant_was_before_goes_when_its_time_is_over_unless_something_depends_on_it()
    {
        await BackUpAsync();
        var first = await RestoreAsync(Hostile, keep: TimeSpan.Zero);
        var second = await RestoreAsync(Other, keep: TimeSpan.FromHours(1));
        var old = QuotedName.TryParse(first.OldSchema!, out _)!;
        await _subject.Server.ExecuteAsync($"create view public.looking_back as select id from {old.Sql}.sale");
        await using var restore = Open();
        await using var hold = (await _ledger.HoldAsync(Deploying.Open("drop"))).Hold;
        Assert.Equal(first.OldSchema, Assert.Single((await restore.DropExpiredAsync(hold, default)).Held));
        await _subject.Server.ExecuteAsync("drop view public.looking_back");
        Assert.Equal(first.OldSchema, Assert.Single((await restore.DropExpiredAsync(hold, default)).Dropped));
        Assert.Equal(second.OldSchema, await _subject.Server.ScalarAsync<string>("select nspname::text from pg_namespace where nspname like 'safe\\_deploy\\_old%'"));
    }

    private PgDumpRestore Open() => new(Server, Store, new ToolRunner(), TimeProvider.System, Options);

    private async Task<BackupManifest> BackUpAsync()
    {
        await using var backup = new PgDumpBackup(Server, Store, new ToolRunner(), TimeProvider.System, Options);
        await backup.TakeAsync("set-1", [new Scope.Public(), Hostile, Other], Label, default);
        return JsonSerializer.Deserialize(await File.ReadAllTextAsync(Path.Combine(_store, "set-1", "manifest.json")), BackupJson.Default.BackupManifest)!;
    }

    private async Task<string[]> Sets() => [.. await Store.SetsAsync(default)];

    private async Task<RestoredTenant> RestoreAsync(Scope tenant, Func<Task>? safety = null, RestoreLimits? limits = null, TimeSpan? keep = null)
    {
        await using var hold = (await _ledger.HoldAsync(Deploying.Open($"restore-{Guid.NewGuid():N}"))).Hold;
        await using var restore = Open();
        await using var backup = new PgDumpBackup(Server, Store, new ToolRunner(), TimeProvider.System, Options);
        try
        {
            return await restore.TenantAsync(
                new TenantRestoreCall("set-1", tenant, hold, limits ?? new RestoreLimits(TimeSpan.FromSeconds(20), 1), keep ?? TimeSpan.FromDays(1), async token =>
                {
                    if (safety is not null)
                        await safety();
                    return (await backup.TakeAsync("safety", [tenant], Label with { Deployment = "safety" }, token)).Set;
                }),
                default);
        }
        finally
        {
            await hold.ConcludeAsync(Deploying.End(), default);
        }
    }

    private async Task<string> FingerprintAsync(Scope tenant) => (await new DataFingerprints(_subject.Reader()).ReadAsync([tenant], default))[tenant.Schema];

    private async Task InsertMigrationsAsync(Scope tenant, params string[] versions)
    {
        await using var connection = await _subject.Server.OpenAsync();
        foreach (var version in versions)
        {
            await using var insert = new NpgsqlCommand("insert into safe_deploy.migration (scope, version, name, checksum, deployment) values ($1, $2, 'x', 'c', 'd')", connection);
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant.Schema });
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = version });
            await insert.ExecuteNonQueryAsync();
        }
    }

    private async Task<string?> VersionsAsync(Scope tenant)
    {
        await using var connection = await _subject.Server.OpenAsync();
        await using var read = new NpgsqlCommand("select string_agg(version, ' ' order by applied_at, version) from safe_deploy.migration where scope = $1", connection);
        read.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant.Schema });
        return await read.ExecuteScalarAsync() as string;
    }

    private static Task WriteAsync(string file, BackupManifest manifest) => File.WriteAllTextAsync(file, JsonSerializer.Serialize(manifest, BackupJson.Default.BackupManifest));
}
