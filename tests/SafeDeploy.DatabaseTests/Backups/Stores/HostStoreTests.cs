using SafeDeploy.Integrations.BackupStores;
using SafeDeploy.Integrations.BackupStores.Host;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Backups.Stores;

/// <summary>A folder of the machine, from inside a container: a real engine, a real container that we play to be.</summary>
public sealed class HostStoreTests : IAsyncLifetime
{
    private const string Image = "debian:bookworm-slim";

    private readonly ContainerLabel _label = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("safe-deploy-host").FullName;
    private readonly DockerEngine _engine = new(TestServers.Docker, TimeProvider.System);
    private string _self = "";

    public async Task InitializeAsync() =>
        _self = (await ContainerLabel.DockerAsync("run", "--detach", "--network=none", $"--label={_label}", Image, "sleep", "600")).Trim()[..12];

    public async Task DisposeAsync()
    {
        await _label.DisposeAsync();
        _engine.Dispose();
        // What the engine wrote is root's.
        await ContainerLabel.DockerAsync("run", "--rm", "--network=none", $"--label={_label}", $"--volume={_folder}:/store", Image, "find", "/store", "-mindepth", "1", "-delete");
        Directory.Delete(_folder);
    }

    private RemoteStore Open(string? folder = null, string? machine = null) =>
        new(new HostFiles(folder ?? _folder, _engine, machine ?? _self, TimeProvider.System));

    [Fact]
    public async Task A_set_is_kept_in_a_folder_of_the_machine_that_is_not_mounted_here_and_no_helper_stays()
    {
        var store = Open();
        Assert.Null(await store.ObstacleAsync(default));
        var folder = await store.BeginAsync("prod-1", default);
        var part = new byte[3 << 20];
        new Random(7).NextBytes(part);
        await File.WriteAllBytesAsync(Path.Combine(folder, "public.dump"), part);
        await store.KeepAsync("prod-1", "public.dump", default);
        Assert.Empty(await Open().SetsAsync(default));
        await File.WriteAllTextAsync(Path.Combine(folder, "manifest.json"), "{}");
        await store.CompleteAsync("prod-1", "manifest.json", default);
        Assert.Equal(["prod-1"], (await Open().SetsAsync(default)).ToArray());
        using (var back = await Open().OpenAsync("prod-1", "public.dump", default))
            Assert.Equal(part, await File.ReadAllBytesAsync(back!.Path));
        Assert.Null(await Open().OpenAsync("prod-1", "files.tar.gz", default));
        var seen = await ContainerLabel.DockerAsync("run", "--rm", "--network=none", $"--label={_label}", $"--volume={_folder}:/store", Image, "find", "/store", "-mindepth", "1", "-printf", "%P %m\\n");
        Assert.Equal("prod-1 700\nprod-1/manifest.json 600\nprod-1/public.dump 600\n", string.Join('\n', seen.Split('\n').Order(StringComparer.Ordinal)).TrimStart('\n') + "\n");
        await store.DeleteAsync("prod-1", default);
        Assert.Empty(await Open().SetsAsync(default));
        Assert.Equal("", await ContainerLabel.DockerAsync("ps", "-aq", "--filter", "label=safe-deploy.role=backup-helper", "--filter", $"volume={_folder}"));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_and_an_engine_that_does_not_run_us_are_named()
    {
        var missing = Assert.IsType<Problem>(await Open(folder: $"{_folder}/none").ObstacleAsync(default));
        Assert.Equal("SD0513", missing.Code);
        Assert.Contains($"{_folder}/none", missing.What, StringComparison.Ordinal);
        var stranger = Assert.IsType<Problem>(await Open(machine: "0123456789ab").ObstacleAsync(default));
        Assert.Equal("the engine does not know the container that this is", stranger.What);
        Assert.False(Directory.Exists($"{_folder}/none"));
    }
}
