using System.Collections.Immutable;
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

/// <summary>A set is consistent, complete and provable, or it is not there.</summary>
public sealed class PgDumpBackupTests : IDisposable
{
    private static readonly BackupLabel Label = new("pos", "prod", "prod-7-1", "v2");
    private readonly string _store = Directory.CreateTempSubdirectory("safe-deploy-store").FullName;

    private static readonly string[] Tenants = ["tenant_a", "tenant_b", "O'Neil \"x\".y*", "tenant_d"];

    private static IReadOnlyList<Scope> Scopes => [new Scope.Public(), .. Tenants.Select(Scope.Parse)];

    public void Dispose() => Directory.Delete(_store, recursive: true);

    private static async Task<Subject> FleetAsync()
    {
        var subject = await Subject.CreateAsync("create table plan (id int primary key); insert into plan select generate_series(1, 10)");
        foreach (var tenant in Tenants)
            await subject.Server.ExecuteAsync($"""
                create schema {Scope.Parse(tenant).Sql}; set search_path = {Scope.Parse(tenant).Sql};
                create table sale (id bigserial primary key, total numeric(12,2), note text, at timestamptz default now());
                insert into sale (total, note) select n, repeat('x', 50) from generate_series(1, 500) n;
                create table item (sale_id bigint references sale, what text); insert into item values (1, 'a')
                """);
        return subject;
    }

    private PgDumpBackup Open(Subject subject, ICommandRunner? runner = null, int workers = 2) => new(
        PostgresUrl.Parse(subject.Server.Url), new FolderStore(_store, null), runner ?? new ToolRunner(), TimeProvider.System,
        PgDumpOptions.Default with { Bin = TestServers.PostgresBin, Workers = workers });

    [Fact]
    public async Task A_set_holds_every_schema_and_any_tenant_can_be_restored_from_it()
    {
        await using var subject = await FleetAsync();
        await using var backup = Open(subject);
        var receipt = await backup.TakeAsync("set-1", Scopes, Label, default);
        Assert.Equal(Scopes.Select(s => s.Schema).Order(StringComparer.Ordinal), receipt.Scopes.Order(StringComparer.Ordinal));
        Assert.Equal("list", (await backup.VerifyAsync("set-1", BackupVerification.List, default)).VerifiedLevel);
        Assert.Equal(["set-1"], Directory.GetFileSystemEntries(_store).Select(Path.GetFileName));

        await using var other = await Subject.CreateAsync();
        var hostile = Scope.Parse(Tenants[2]);
        await other.Server.ExecuteAsync($"create schema {hostile.Sql}");
        var part = (await ManifestAsync("set-1")).Parts.Single(p => p.Scopes.Contains(hostile.Schema)).File;
        var restore = new CommandCall(
            [Path.Combine(TestServers.PostgresBin, "pg_restore"), "--exit-on-error", "--no-owner", $"--schema={hostile.Schema}", $"--dbname={other.Server.Name}", Path.Combine(_store, "set-1", part)],
            PgDumpCommands.Environment(PostgresUrl.Parse(other.Server.Url)), null, null);
        var result = await new ToolRunner().RunAsync(restore, default);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(
            (await new DataFingerprints(subject.Reader()).ReadAsync([hostile], default))[hostile.Schema],
            (await new DataFingerprints(other.Reader()).ReadAsync([hostile], default))[hostile.Schema]);
    }

    [Fact]
    public async Task All_parts_show_one_moment_though_rows_are_written_meanwhile()
    {
        await using var subject = await FleetAsync();
        var written = 0;
        var runner = new ToolRunner { Before = async call => await AddRowAsync(subject, call, () => written++) };
        await using var backup = Open(subject, runner, workers: 1);
        await backup.TakeAsync("set-1", Scopes, Label, default);
        Assert.True(written > 0);
        await using var other = await RestoredAsync("set-1");
        foreach (var tenant in Tenants)
            Assert.Equal(500L, await other.Server.ScalarAsync<long>($"select count(*) from {Scope.Parse(tenant).Sql}.sale"));
    }

    [Fact]
    public async Task A_truncate_between_snapshot_and_lock_is_caught_and_the_set_is_taken_again()
    {
        await using var subject = await FleetAsync();
        var dumps = 0;
        var runner = new ToolRunner
        {
            Before = async call =>
            {
                if (call.Arguments.Any(a => a.StartsWith("--snapshot=", StringComparison.Ordinal)) && dumps++ == 0)
                    await subject.Server.ExecuteAsync("truncate tenant_b.item");
            },
        };
        await using var backup = Open(subject, runner, workers: 1);
        await backup.TakeAsync("set-1", Scopes, Label, default);
        Assert.Equal(4, dumps);
        await using var other = await RestoredAsync("set-1");
        Assert.Equal("0 500", await other.Server.ScalarAsync<string>(
            "select (select count(*) from tenant_b.item) || ' ' || (select count(*) from tenant_b.sale)"));
    }

    [Fact]
    public async Task A_table_that_is_rewritten_every_time_leaves_no_set()
    {
        await using var subject = await FleetAsync();
        var runner = new ToolRunner
        {
            Before = async call =>
            {
                if (call.Arguments.Any(a => a.StartsWith("--snapshot=", StringComparison.Ordinal)) && call.Arguments.Any(a => a.Contains("tenant_a", StringComparison.Ordinal)))
                    await subject.Server.ExecuteAsync("truncate tenant_a.item");
            },
        };
        await using var backup = Open(subject, runner);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => backup.TakeAsync("set-1", Scopes, Label, default));
        Golden.Verify(ProblemText.Of(failure.Problem));
        Assert.Empty(Directory.GetFileSystemEntries(_store));
    }

    [Fact]
    public async Task A_dump_that_fails_leaves_no_set_and_quotes_the_tool()
    {
        await using var subject = await FleetAsync();
        await using var blocker = await subject.Server.OpenAsync();
        var runner = new ToolRunner
        {
            Before = async call =>
            {
                if (call.Arguments.Any(a => a.StartsWith("--snapshot=", StringComparison.Ordinal)))
                    await subject.Server.ExecuteAsync("drop table if exists tenant_a.item");
            },
        };
        await using var backup = Open(subject, runner, workers: 1);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => backup.TakeAsync("set-1", Scopes, Label, default));
        Assert.Contains(failure.Problem.Code, new[] { "SD0505", "SD0506" });
        Assert.Empty(Directory.GetFileSystemEntries(_store));
    }

    [Fact]
    public async Task A_snapshot_whose_session_was_ended_is_named()
    {
        await using var subject = await FleetAsync();
        var runner = new ToolRunner
        {
            Before = async call =>
            {
                if (call.Arguments.Any(a => a.StartsWith("--snapshot=", StringComparison.Ordinal)))
                    await subject.Server.ExecuteAsync("""
                        select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and application_name = 'safe-deploy/backup' and state = 'idle in transaction'
                        """);
            },
        };
        await using var backup = Open(subject, runner, workers: 1);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => backup.TakeAsync("set-1", Scopes, Label, default));
        Assert.Equal("SD0507", failure.Problem.Code);
        Assert.Empty(Directory.GetFileSystemEntries(_store));
    }

    [Fact]
    public async Task Damage_is_found_and_the_set_is_not_believed()
    {
        await using var subject = await FleetAsync();
        await using var backup = Open(subject);
        await backup.TakeAsync("set-1", Scopes, Label, default);
        var part = Path.Combine(_store, "set-1", "public.dump");
        var bytes = await File.ReadAllBytesAsync(part);
        bytes[^20] ^= 0xff;
        await File.WriteAllBytesAsync(part, bytes);
        var flipped = await DamageAsync(backup);
        await File.WriteAllBytesAsync(part, bytes[..^100]);
        var cut = await DamageAsync(backup);
        File.Delete(part);
        var missing = await DamageAsync(backup);
        await File.WriteAllTextAsync(Path.Combine(_store, "set-1", "manifest.json"), "{\"format\": 1");
        var unreadable = await DamageAsync(backup);
        Golden.Verify(System.Text.RegularExpressions.Regex.Replace(ProblemText.Of([flipped, cut, missing, unreadable]), @"\d+ bytes|says \d+", "n bytes"));
    }

    [Fact]
    public async Task The_list_of_an_archive_has_to_name_every_table()
    {
        await using var subject = await FleetAsync();
        await using var backup = Open(subject);
        await backup.TakeAsync("set-1", Scopes, Label, default);
        var manifest = await ManifestAsync("set-1");
        var parts = manifest.Parts.Select(p => p.File == "public.dump" ? p with { Tables = 2 } : p).ToImmutableArray();
        await File.WriteAllTextAsync(Path.Combine(_store, "set-1", "manifest.json"), JsonSerializer.Serialize(manifest with { Parts = parts }, BackupJson.Default.BackupManifest));
        Assert.Equal("checksum", (await backup.VerifyAsync("set-1", BackupVerification.Checksum, default)).VerifiedLevel);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => backup.VerifyAsync("set-1", BackupVerification.List, default));
        Assert.Equal("part \"public.dump\" of set \"set-1\" lists the data of 1 of 2 tables", failure.Problem.What);
    }

    [Fact]
    public async Task A_set_that_exists_is_kept_and_an_interrupted_one_is_taken_again()
    {
        await using var subject = await FleetAsync();
        await using var backup = Open(subject);
        Directory.CreateDirectory(Path.Combine(_store, "set-1.unfinished"));
        await File.WriteAllTextAsync(Path.Combine(_store, "set-1.unfinished", "public.dump.tmp"), "half");
        Assert.Null(await backup.FindAsync("set-1", default));
        var first = await backup.TakeAsync("set-1", Scopes, Label, default);
        var second = await backup.TakeAsync("set-1", Scopes, Label, default);
        Assert.Equal((first.Sha256, first.TakenAt), (second.Sha256, second.TakenAt));
    }

    [Fact]
    public async Task What_can_not_be_backed_up_is_refused_by_name()
    {
        await using var subject = await FleetAsync();
        await using var backup = Open(subject);
        var gone = await Assert.ThrowsAsync<ProblemException>(() => backup.TakeAsync("set-1", [new Scope.Public(), Scope.Parse("gone")], Label, default));
        var name = await Assert.ThrowsAsync<ProblemException>(() => backup.TakeAsync("../x", Scopes, Label, default));
        Assert.Equal(("SD0510", "SD0511"), (gone.Problem.Code, name.Problem.Code));
        Assert.Empty(Directory.GetFileSystemEntries(_store));
    }

    [Fact]
    public async Task Tools_that_are_missing_or_too_old_and_a_store_that_is_none_are_named_before()
    {
        await using var subject = await Subject.CreateAsync();
        var server = PostgresUrl.Parse(subject.Server.Url);
        var file = Path.Combine(_store, "a-file");
        await File.WriteAllTextAsync(file, "");
        await using var broken = new PgDumpBackup(server, new FolderStore($"{file}/below", null), new MissingTool(), TimeProvider.System, PgDumpOptions.Default);
        await using var old = Open(subject);
        var found = (await broken.ObstaclesAsync(150000, default)).AddRange(await old.ObstaclesAsync(990000, default));
        Assert.Equal(["SD0501", "SD0501", "SD0503", "SD0502", "SD0502"], found.Select(p => p.Code));
        Assert.Empty(await old.ObstaclesAsync(130000, default));
    }

    [Fact]
    public async Task Space_is_told_as_twice_the_database()
    {
        await using var subject = await Subject.CreateAsync();
        await using var backup = Open(subject);
        var space = await backup.SpaceAsync(default);
        Assert.Equal(2 * await subject.Server.ScalarAsync<long>("select pg_database_size(current_database())"), space.NeededBytes);
        Assert.True(space.FreeBytes > 0);
    }

    private sealed class MissingTool : ICommandRunner
    {
        public Task<CommandResult> RunAsync(CommandCall call, CancellationToken cancellation) => throw new ProblemException(
            new ProblemInfo("SD0901", "", "", "").Occurred("there is no program \"pg_dump\"", "PATH", "all", "stopping", "install it"));
    }

    private static async Task AddRowAsync(Subject subject, CommandCall call, Action count)
    {
        if (!call.Arguments.Any(a => a.StartsWith("--snapshot=", StringComparison.Ordinal)))
            return;
        foreach (var tenant in Tenants)
            await subject.Server.ExecuteAsync($"insert into {Scope.Parse(tenant).Sql}.sale (total) values (1)");
        count();
    }

    private async Task<Subject> RestoredAsync(string set)
    {
        var other = await Subject.CreateAsync();
        foreach (var part in (await ManifestAsync(set)).Parts.Where(p => !p.Scopes.IsEmpty))
        {
            if (part.Scopes.Contains("public"))
                await other.Server.ExecuteAsync("drop schema public");
            var restore = new CommandCall(
                [Path.Combine(TestServers.PostgresBin, "pg_restore"), "--exit-on-error", "--no-owner", $"--dbname={other.Server.Name}", Path.Combine(_store, set, part.File)],
                PgDumpCommands.Environment(PostgresUrl.Parse(other.Server.Url)), null, null);
            var result = await new ToolRunner().RunAsync(restore, default);
            Assert.True(result.ExitCode == 0, result.Error);
        }

        return other;
    }

    private async Task<BackupManifest> ManifestAsync(string set) => JsonSerializer.Deserialize(
        await File.ReadAllTextAsync(Path.Combine(_store, set, "manifest.json")), BackupJson.Default.BackupManifest)!;

    private static async Task<Problem> DamageAsync(PgDumpBackup backup) =>
        (await Assert.ThrowsAsync<ProblemException>(() => backup.VerifyAsync("set-1", BackupVerification.Checksum, default))).Problem;
}
