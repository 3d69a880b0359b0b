using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.DatabaseTests.Databases;
using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Integrations.BackupStores.Folder;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Backups;

/// <summary>A set is proved by restoring it, keeps the files that belong to it, and never fills the disk.</summary>
public sealed class BackupProofTests : IDisposable
{
    private static readonly BackupLabel Label = new("pos", "prod", "prod-7-1", "v2");
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("safe-deploy-proof");

    private string Store => Path.Combine(_home.FullName, "store");

    public void Dispose() => _home.Delete(recursive: true);

    private static readonly Scope[] Scopes = [new Scope.Public(), Scope.Parse("tenant_a"), Scope.Parse("tenant_b")];

    private static Task<Subject> FleetAsync() => Subject.CreateAsync("""
        create extension if not exists pg_trgm;
        create type mood as enum ('well', 'ill');
        create table plan (id int primary key, mood mood); insert into plan select n, 'well' from generate_series(1, 10) n;
        create schema tenant_a; create schema tenant_b;
        create table tenant_a.sale (id bigserial primary key, plan int references plan, note text, total numeric(12,2));
        insert into tenant_a.sale (plan, note, total) select 1 + n % 10, 'n' || n, n / 3.0 from generate_series(1, 300) n;
        create index on tenant_a.sale using gin (note gin_trgm_ops);
        create table tenant_b.sale (like tenant_a.sale including all);
        create view tenant_a.large as select * from tenant_a.sale where total > 50
        """);

    private PgDumpBackup Open(Subject subject, PgDumpOptions? options = null, ICommandRunner? runner = null, IBackupStore? store = null) => new(
        PostgresUrl.Parse(subject.Server.Url), store ?? new FolderStore(Store, null), runner ?? new ToolRunner(), TimeProvider.System,
        (options ?? PgDumpOptions.Default) with { Bin = TestServers.PostgresBin });

    private Task<int> ScratchDatabasesAsync(Subject subject) =>
        subject.Server.ScalarAsync<int>("select count(*)::int from pg_database where datname like 'safe\\_deploy\\_scratch%'");

    [Fact]
    public async Task A_set_is_proved_by_restoring_it_and_leaves_no_database_behind()
    {
        await using var subject = await FleetAsync();
        await using var backup = Open(subject);
        await backup.TakeAsync("set-1", Scopes, Label, default);
        Assert.Equal("restore", (await backup.VerifyAsync("set-1", BackupVerification.Restore, default)).VerifiedLevel);
        Assert.Equal("restore", Assert.Single(await backup.SetsAsync(default)).VerifiedLevel);
        Assert.Equal(0, await ScratchDatabasesAsync(subject));

        // A lower proof does not take the place of a higher one; damage takes all of them.
        await backup.VerifyAsync("set-1", BackupVerification.Checksum, default);
        Assert.Equal("restore", Assert.Single(await backup.SetsAsync(default)).VerifiedLevel);
        await File.AppendAllTextAsync(Path.Combine(Store, "set-1", "public.dump"), "x");
        Assert.Equal("SD0508", (await Assert.ThrowsAsync<ProblemException>(() => backup.VerifyAsync("set-1", BackupVerification.Checksum, default))).Problem.Code);
        Assert.Equal(("", null), (Assert.Single(await backup.SetsAsync(default)).VerifiedLevel, Assert.Single(await backup.SetsAsync(default)).VerifiedAt));
    }

    /// <summary>As docs/guides/restore.md says it: nobody's tenants hang on it while somebody looks for lost rows.</summary>
    [Fact]
    public async Task The_part_of_the_shared_schema_is_restored_by_itself_into_an_empty_database()
    {
        await using var subject = await FleetAsync();
        await using var backup = Open(subject);
        await backup.TakeAsync("set-1", Scopes, Label, default);
        await using var aside = await TestDatabase.CreateAsync();
        await aside.ExecuteAsync("drop schema public");
        var restored = await new ToolRunner().RunAsync(
            PgDumpCommands.Call(
                [Path.Combine(TestServers.PostgresBin, "pg_restore"), "--exit-on-error", "--no-password", "--dbname=", Path.Combine(Store, "set-1", "public.dump")], PostgresUrl.Parse(aside.Url)),
            default);
        Assert.True(restored.ExitCode == 0, restored.Error);
        const string rows = "select string_agg(p::text, ' ' order by p.id) from public.plan p";
        Assert.Equal(await subject.Server.ScalarAsync<string>(rows), await aside.ScalarAsync<string>(rows));
    }

    [Fact]
    public async Task A_set_is_proved_though_its_schemas_depend_on_each_other_crosswise_and_extensions_live_in_them()
    {
        await using var subject = await FleetAsync();
        await subject.Server.ExecuteAsync("""
            create schema extensions; create extension citext with schema extensions; create extension hstore with schema tenant_b;
            alter table tenant_a.sale add column mail extensions.citext; alter table tenant_b.sale add column bag tenant_b.hstore;
            create view every_sale as select id, total from tenant_a.sale union all select id, total from tenant_b.sale;
            comment on view every_sale is 'all of them'; grant select on every_sale to public;
            create materialized view counted as select count(*) as n from every_sale; create unique index on counted (n);
            do $d$ begin execute $x$ create function first_sale() returns bigint begin atomic select min(id) from tenant_a.sale; end $x$; end $d$;
            create table favourite (sale bigint references tenant_a.sale, since bigint default first_sale()); insert into favourite values (1);
            create view tenant_b.compare as select e.id from public.every_sale e; create view tenant_a.neighbour as select id from tenant_b.sale;
            create rule quiet as on insert to plan where exists (select from tenant_b.sale where id = -1) do instead nothing
            """);
        await using var backup = Open(subject);
        await backup.TakeAsync("set-1", Scopes, Label, default);
        Assert.Equal("restore", (await backup.VerifyAsync("set-1", BackupVerification.Restore, default)).VerifiedLevel);
        Assert.Equal(0, await ScratchDatabasesAsync(subject));
    }

    [Fact]
    public async Task A_set_whose_rows_are_not_those_of_its_manifest_is_not_proved()
    {
        await using var subject = await FleetAsync();
        await using var backup = Open(subject);
        await backup.TakeAsync("set-1", Scopes, Label, default);
        var file = Path.Combine(Store, "set-1", "manifest.json");
        var manifest = JsonSerializer.Deserialize(await File.ReadAllTextAsync(file), BackupJson.Default.BackupManifest)!;
        var other = manifest.Scopes["tenant_a"] with { Data = "299:" + manifest.Scopes["tenant_a"].Data.Split(':')[1] };
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(manifest with { Scopes = manifest.Scopes.SetItem("tenant_a", other) }, BackupJson.Default.BackupManifest));
        var failure = await Assert.ThrowsAsync<ProblemException>(() => backup.VerifyAsync("set-1", BackupVerification.Restore, default));
        Golden.Verify(ProblemText.Of(failure.Problem));
        Assert.Equal(0, await ScratchDatabasesAsync(subject));
    }

    [Fact]
    public async Task Configured_files_are_in_the_set_each_with_its_hash()
    {
        await using var subject = await FleetAsync();
        var folder = Directory.CreateDirectory(Path.Combine(_home.FullName, "project"));
        Directory.CreateDirectory(Path.Combine(folder.FullName, "media", "deep"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "app.env"), "A=1");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "media", "deep", "ação.bin"), "picture");
        File.CreateSymbolicLink(Path.Combine(folder.FullName, "media", "loop"), "../media");
        await using var backup = Open(subject, new PgDumpOptions(folder.FullName, ["app.env", "media/"]));
        await backup.TakeAsync("set-1", Scopes, Label, default);
        await backup.VerifyAsync("set-1", BackupVerification.List, default);
        var manifest = JsonSerializer.Deserialize(await File.ReadAllTextAsync(Path.Combine(Store, "set-1", "manifest.json")), BackupJson.Default.BackupManifest)!;
        Assert.Equal(["app.env", "media/deep/ação.bin", "media/loop"], manifest.Files.Select(f => f.Path));
        Assert.Equal("../media", manifest.Files[2].Link);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("A=1"u8)), manifest.Files[0].Sha256);

        await using var missing = Open(subject, new PgDumpOptions(folder.FullName, ["gone.env"]));
        Assert.Equal("SD0514", (await Assert.ThrowsAsync<ProblemException>(() => missing.TakeAsync("set-2", Scopes, Label, default))).Problem.Code);
    }

    [Fact]
    public async Task Whether_the_sets_are_on_the_disk_of_the_database_is_asked_of_the_system()
    {
        await using var subject = await FleetAsync();
        var data = (await subject.Server.ScalarAsync<string>("show data_directory"))!;
        await using var beside = Open(subject, store: new FolderStore(Path.Combine(Path.GetDirectoryName(data)!, "sets"), null));
        Assert.True((await beside.DiskAsync(default)).IsDatabases);
        await using var inMemory = Open(subject, store: new FolderStore("/dev/shm/sets", null));
        Assert.False((await inMemory.DiskAsync(default)).IsDatabases);
        var elsewhere = PostgresUrl.Parse(subject.Server.Url);
        elsewhere.Host = "192.0.2.1";
        await using var remote = new PgDumpBackup(elsewhere, new FolderStore(Store, null), new ToolRunner(), TimeProvider.System, PgDumpOptions.Default);
        Assert.Null((await remote.DiskAsync(default)).IsDatabases);
    }

    [Fact]
    public async Task Only_the_owner_may_read_a_set()
    {
        await using var subject = await FleetAsync();
        await using var backup = Open(subject);
        await backup.TakeAsync("set-1", Scopes, Label, default);
        await backup.VerifyAsync("set-1", BackupVerification.Checksum, default);
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute;
        Assert.All(Directory.GetFileSystemEntries(Path.Combine(Store, "set-1")).Append(Path.Combine(Store, "set-1")), f => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(f) & Others));
    }

    [Fact]
    public async Task A_disk_that_becomes_full_while_the_set_is_written_stops_it_with_both_numbers()
    {
        await using var subject = await FleetAsync();
        var disk = new ShrinkingStore(new FolderStore(Store, null));
        var runner = new ToolRunner { Before = call => disk.FillAsync(call) };
        await using var backup = Open(subject, runner: runner, store: disk);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => backup.TakeAsync("set-1", Scopes, Label, default));
        Assert.Equal(("SD0504", "the disk became full while the backup was written: 3 MB free, it stops below 16 MB"), (failure.Problem.Code, failure.Problem.What));
        Assert.Empty(Directory.GetFileSystemEntries(Store));
    }

    [Fact]
    public async Task A_disk_that_is_too_small_is_refused_before_with_the_reckoning()
    {
        await using var subject = await FleetAsync();
        var disk = new ShrinkingStore(new FolderStore(Store, null)) { Free = 5 << 20 };
        await using var backup = Open(subject, store: disk);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => backup.TakeAsync("set-1", Scopes, Label, default));
        Assert.Equal("SD0504", failure.Problem.Code);
        Assert.Contains("and there is no earlier set to tell how small a dump of it is", failure.Problem.What, StringComparison.Ordinal);
    }
}
