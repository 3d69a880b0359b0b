using System.Text.RegularExpressions;
using Npgsql;
using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Integrations.BackupStores.Folder;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Databases;

/// <summary>A table that another session holds in ACCESS EXCLUSIVE keeps out even who reads its structure: that is said, and what need not wait does not.</summary>
public sealed partial class LockedTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly Scope Tenant = Subject.Tenant("tenant_a");

    private static Task<Subject> FleetAsync() => Subject.CreateAsync(
        "create schema tenant_a; create table tenant_a.sale (id int primary key, total int default 7); insert into tenant_a.sale select generate_series(1, 5000); analyze tenant_a.sale");

    private static PostgresDatabase Open(Subject subject) => new(
        NpgsqlDataSource.Create(subject.Server.ConnectionString), "server/db", (_, _) => throw new NotSupportedException(), TimeSpan.FromSeconds(60), Patience);

    [Fact]
    public async Task The_size_of_a_locked_table_is_told_without_waiting_for_it()
    {
        await using var subject = await FleetAsync();
        await using var database = Open(subject);
        var before = await SizeAsync(database);
        await using var other = await LockAsync(subject, "lock table tenant_a.sale in access exclusive mode");
        Assert.InRange(await SizeAsync(database), before / 2, before);
    }

    [Fact]
    public async Task Who_holds_a_table_that_cannot_be_read_is_named()
    {
        await using var subject = await FleetAsync();
        await using var database = Open(subject);
        await using var other = await LockAsync(subject, "lock table tenant_a.sale in access exclusive mode");
        var failure = await Assert.ThrowsAsync<ProblemException>(() => database.FingerprintsAsync([Tenant], default));
        Assert.Contains($"pid {other.ProcessID}", failure.Problem.Where, StringComparison.Ordinal);
        Verify(failure.Problem);
        await other.CloseAsync();
        Assert.Single(await database.FingerprintsAsync([Tenant], default));
    }

    [Fact]
    public async Task Who_waits_for_a_table_and_keeps_out_those_behind_it_is_named_with_whom_it_waits_for()
    {
        await using var subject = await FleetAsync();
        await using var database = Open(subject);
        await using var reader = await LockAsync(subject, "select count(*) from tenant_a.sale");
        await using var waiting = await SessionAsync(subject);
        var asked = Task.Run(() => ExecuteAsync(waiting, "begin; alter table tenant_a.sale add column note text"));
        await Eventually.Async(
            async () => await subject.Server.ScalarAsync<bool>($"select exists (select from pg_locks where pid = {waiting.ProcessID} and not granted)"), TimeSpan.FromSeconds(30), what: "the other waits");
        var failure = await Assert.ThrowsAsync<ProblemException>(() => database.FingerprintsAsync([Tenant], default));
        Assert.EndsWith($"pg_terminate_backend({reader.ProcessID}); then run again", failure.Problem.Next, StringComparison.Ordinal);
        Verify(failure.Problem);
        await reader.CloseAsync();
        await asked;
    }

    [Fact]
    public async Task A_backup_that_cannot_read_a_table_says_who_keeps_it_out_and_leaves_no_set()
    {
        await using var subject = await FleetAsync();
        await using var other = await LockAsync(subject, "lock table tenant_a.sale in access exclusive mode");
        var folder = Directory.CreateTempSubdirectory("safe-deploy-store");
        await using var backup = new PgDumpBackup(
            PostgresUrl.Parse(subject.Server.Url), new FolderStore(folder.FullName, null), new Backups.ToolRunner(), TimeProvider.System,
            PgDumpOptions.Default with { Bin = TestServers.PostgresBin, LockWait = Patience });
        var failure = await Assert.ThrowsAsync<ProblemException>(() => backup.TakeAsync("set-1", [Tenant], new BackupLabel("pos", "prod", "prod-7-1", "v2"), default));
        Assert.Equal("SD0926", failure.Problem.Code);
        Assert.Contains($"tenant_a.sale, pid {other.ProcessID}", failure.Problem.Where, StringComparison.Ordinal);
        await other.CloseAsync();
        Assert.Empty(await backup.SetsAsync(default));
        Assert.NotNull(await backup.TakeAsync("set-1", [Tenant], new BackupLabel("pos", "prod", "prod-7-1", "v2"), default));
        folder.Delete(recursive: true);
    }

    private static async Task<long> SizeAsync(IDatabase database) => (await database.StatisticsAsync([Tenant], null, default))!.Tables["sale"].Bytes[0];

    private static async Task<NpgsqlConnection> SessionAsync(Subject subject)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(subject.Server.ConnectionString) { ApplicationName = "night job", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>In a transaction that ends with the session.</summary>
    private static async Task<NpgsqlConnection> LockAsync(Subject subject, string sql)
    {
        var connection = await SessionAsync(subject);
        await ExecuteAsync(connection, $"begin; {sql}");
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static void Verify(Problem problem, [System.Runtime.CompilerServices.CallerMemberName] string member = "") =>
        Golden.Verify(Age().Replace(User().Replace(Pid().Replace(ProblemText.Of(problem), "$1PID"), "user USER"), "for N s"), member);

    [GeneratedRegex(@"\bfor \d+ s\b")]
    private static partial Regex Age();

    [GeneratedRegex(@"(pid |pg_terminate_backend\()\d+")]
    private static partial Regex Pid();

    [GeneratedRegex("user [a-z_]+")]
    private static partial Regex User();
}
