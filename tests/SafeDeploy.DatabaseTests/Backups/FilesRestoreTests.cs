using SafeDeploy.DatabaseTests.Databases;
using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Integrations.BackupStores.Folder;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Backups;

/// <summary>Configuration and media come back byte for byte, and nothing that was there is lost by it.</summary>
public sealed class FilesRestoreTests : IAsyncLifetime
{
    private static readonly BackupLabel Label = new("pos", "prod", "prod-7-1", "v2");
    private static readonly BackupLabel Safety = new("pos", "prod", "restore-1", BackupLabel.BeforeRestore);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("safe-deploy-files");
    private Subject _subject = null!;

    private string Project => Path.Combine(_home.FullName, "project");

    private string StoreFolder => Path.Combine(_home.FullName, "store");

    public async Task InitializeAsync()
    {
        _subject = await Subject.CreateAsync("create table plan (id int)");
        Write("app.env", "A=1");
        Write("media/deep/ação.bin", "picture");
        Write("media/script.sh", "#!/bin/sh");
        File.SetUnixFileMode(At("media/script.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Write("media/same", "same");
        File.CreateSymbolicLink(At("media/link"), "deep/ação.bin");
        await using var backup = new PgDumpBackup(PostgresUrl.Parse(_subject.Server.Url), Store, new ToolRunner(), TimeProvider.System, Options("app.env", "media/"));
        await backup.TakeAsync("set-1", [new Scope.Public()], Label, default);
    }

    public async Task DisposeAsync()
    {
        await _subject.DisposeAsync();
        _home.Delete(recursive: true);
    }

    [Fact]
    public async Task Missing_files_come_back_changed_ones_are_saved_before_and_the_others_are_left_alone()
    {
        Directory.Delete(At("media/deep"), recursive: true);
        File.Delete(At("media/script.sh"));
        File.Delete(At("media/link"));
        File.CreateSymbolicLink(At("media/link"), "same");
        Write("app.env", "A=2, newer");
        Write("media/extra", "x");
        await using var restore = Open("app.env", "media/");

        var plan = await restore.PlanFilesAsync("set-1", default);
        Assert.Equal(("media/deep/ação.bin media/script.sh", "app.env media/link", 1, 1), (string.Join(' ', plan.Missing), string.Join(' ', plan.Changed), plan.Equal, plan.Extra));
        Assert.Contains("app.env", plan.Newer);
        Assert.Equal(new RestoredFiles(4, 1, "safety"), await restore.FilesAsync("set-1", "safety", Safety, default));

        Assert.Equal(("A=1", "picture", "deep/ação.bin", "x"), (Read("app.env"), Read("media/link"), new FileInfo(At("media/link")).LinkTarget, Read("media/extra")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserExecute, File.GetUnixFileMode(At("media/script.sh")));
        Assert.Equal(new RestoredFiles(0, 5, null), await restore.FilesAsync("set-1", "safety-2", Safety, default));
        Assert.Equal(new RestoredFiles(2, 0, "back"), await restore.FilesAsync("safety", "back", Safety, default));
        Assert.Equal(("A=2, newer", "same"), (Read("app.env"), new FileInfo(At("media/link")).LinkTarget));
    }

    [Fact]
    public async Task What_would_land_elsewhere_or_is_damaged_is_refused_and_nothing_is_written()
    {
        Write("app.env", "A=2");
        await using (var elsewhere = Open("app.env"))
            Assert.Contains("\"media/deep/ação.bin\" of the set is below nothing that backup.files names", (await RefusedAsync(elsewhere, "SD0534")).What, StringComparison.Ordinal);
        await using var restore = Open("app.env", "media/");
        Directory.Move(At("media/deep"), At("other"));
        Directory.CreateSymbolicLink(At("media/deep"), At("other"));
        Assert.Contains("is a link to", (await RefusedAsync(restore, "SD0534")).What, StringComparison.Ordinal);
        Directory.Delete(At("media/deep"));
        Directory.CreateDirectory(At("media/same2"));
        File.Delete(At("media/same"));
        Directory.Move(At("media/same2"), At("media/same"));
        Assert.Contains("is a folder", (await RefusedAsync(restore, "SD0534")).What, StringComparison.Ordinal);
        Directory.Delete(At("media/same"));

        await using (var cut = File.Open(Path.Combine(StoreFolder, "set-1", "files.tar.gz"), FileMode.Open))
            cut.SetLength(cut.Length - 20);
        await RefusedAsync(restore, "SD0508");
        File.Delete(Path.Combine(StoreFolder, "set-1", "files.tar.gz"));
        await RefusedAsync(restore, "SD0508");
        Assert.Equal(("A=2", false), (Read("app.env"), File.Exists(At("media/same"))));
        Assert.Equal("set-1", Assert.Single(await Store.SetsAsync(default)));
    }

    private async Task<Problem> RefusedAsync(PgDumpRestore restore, string code)
    {
        var problem = (await Assert.ThrowsAsync<ProblemException>(() => restore.FilesAsync("set-1", "safety", Safety, default))).Problem;
        Assert.Equal(code, problem.Code);
        return problem;
    }

    private FolderStore Store => new(StoreFolder, null);

    private PgDumpOptions Options(params string[] files) => new(Project, [.. files]) { Bin = TestServers.PostgresBin };

    private PgDumpRestore Open(params string[] files) =>
        new(PostgresUrl.Parse(_subject.Server.Url), Store, new ToolRunner(), TimeProvider.System, Options(files));

    private string At(string path) => Path.Combine(Project, path);

    private string Read(string path) => File.ReadAllText(At(path));

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }
}
