using SafeDeploy.Config;
using SafeDeploy.DatabaseTests.Backups.Stores;
using SafeDeploy.DatabaseTests.Databases;
using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Integrations.BackupStores;
using SafeDeploy.Integrations.BackupStores.S3;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Backups;

/// <summary>A set in a bucket is as good as one in a folder: proved by what comes back from there.</summary>
public sealed class RemoteBackupTests(S3Server server) : IClassFixture<S3Server>
{
    private static readonly BackupLabel Label = new("pos", "prod", "prod-7-1", "v2");

    [Fact]
    public async Task A_set_is_taken_into_a_bucket_proved_from_there_and_removed()
    {
        await using var subject = await Subject.CreateAsync("create table plan (id int primary key); insert into plan select generate_series(1, 10)");
        await subject.Server.ExecuteAsync("create schema tenant_a; create table tenant_a.sale (id int primary key); insert into tenant_a.sale select generate_series(1, 500)");
        var files = new S3Files(new Uri($"s3://{S3Server.Bucket}/whole"), server.Settings, S3Limits.Default);
        var store = new RemoteStore(files);
        await using var backup = new PgDumpBackup(
            PostgresUrl.Parse(subject.Server.Url), store, new ToolRunner(), TimeProvider.System, PgDumpOptions.Default with { Bin = TestServers.PostgresBin });
        var receipt = await backup.TakeAsync("set-1", [new Scope.Public(), Scope.Parse("tenant_a")], Label, default);
        Assert.Equal($"s3://{S3Server.Bucket}/whole/set-1", receipt.Location);
        Assert.Equal("restore", (await backup.VerifyAsync("set-1", BackupVerification.Restore, default)).VerifiedLevel);
        Assert.Equal("restore", Assert.Single(await backup.SetsAsync(default)).VerifiedLevel);
        await DamageAsync(files, "set-1/public.dump");
        var damaged = await Assert.ThrowsAsync<ProblemException>(() => backup.VerifyAsync("set-1", BackupVerification.Checksum, default));
        Assert.Equal("part \"public.dump\" of set \"set-1\" differs from the SHA-256 in its manifest", damaged.Problem.What);
        await backup.DeleteAsync("set-1", default);
        Assert.Empty(await files.ListAsync("", default));
    }

    private static async Task DamageAsync(S3Files files, string name)
    {
        var folder = Directory.CreateTempSubdirectory("safe-deploy-test-");
        var copy = Path.Combine(folder.FullName, "copy");
        Assert.True(await files.GetAsync(name, copy, default));
        var bytes = await File.ReadAllBytesAsync(copy);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(copy, bytes);
        await files.PutAsync(name, copy, default);
        folder.Delete(recursive: true);
    }
}
