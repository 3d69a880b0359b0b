using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Integrations.DeployTargets.ReleaseDirectory;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Targets;

/// <summary>The target <c>release-directory</c> on a real file system: the link never misses, what failed is set aside, what served is kept.</summary>
public sealed class ReleaseDirectoryTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("release-directory-").FullName;
    private readonly Reloads _reloads = new();
    private readonly ReleaseDirectoryTarget _target;

    public ReleaseDirectoryTests() => _target = Target([]);

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task A_reader_never_misses_a_file_while_the_link_is_switched_a_thousand_times()
    {
        await ServeAsync("v1", "blue");
        await StartAsync("v2", "green");
        using var stop = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var reads = 0;
            for (; !stop.IsCancellationRequested; reads++)
            {
                Assert.StartsWith("v", File.ReadAllText(Path.Combine(_home, "current", "version.txt")), StringComparison.Ordinal);
                started.TrySetResult();
            }

            return reads;
        })).ToArray();
        await started.Task;
        for (var i = 0; i < 1_000; i++)
            await _target.SwitchAsync(i % 2 == 0 ? "green" : "blue", default);
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(readers), reads => Assert.True(reads > 0));
        Assert.Equal("blue", (await _target.StateAsync(default)).Serving);
    }

    [Fact]
    public async Task A_release_is_put_beside_switched_to_and_gone_back_from()
    {
        Assert.Null((await _target.StateAsync(default)).Serving);
        await ServeAsync("v1", "blue");
        await StartAsync("v2", "green");
        Assert.Equal("v1", Served());
        await _target.SwitchAsync("green", default);
        Assert.Equal("v2", Served());
        await _target.SwitchAsync("blue", default);
        Assert.Equal("v1", Served());
        Assert.Equal(["v1", "v2", "v1"], _reloads.Versions);
        Assert.Contains("bad", await _target.RemoveAsync("green", default), StringComparison.Ordinal);
        Assert.Single(Directory.GetDirectories(Path.Combine(_home, "bad")));
        Assert.Null((await _target.StateAsync(default)).Slot("green"));
    }

    [Fact]
    public async Task A_reload_that_fails_leaves_the_link_where_it_was()
    {
        await ServeAsync("v1", "blue");
        await StartAsync("v2", "green");
        _reloads.ExitCode = 1;
        Assert.Equal(TargetProblems.CommandFailed, (await Assert.ThrowsAsync<ProblemException>(() => _target.SwitchAsync("green", default))).Problem.Info);
        Assert.Equal("v1", Served());
    }

    [Fact]
    public async Task What_serves_is_neither_removed_nor_replaced()
    {
        await ServeAsync("v1", "blue");
        Assert.Equal(TargetProblems.SlotServes, (await Assert.ThrowsAsync<ProblemException>(() => _target.RemoveAsync("blue", default))).Problem.Info);
        Assert.Equal(TargetProblems.SlotServes, (await Assert.ThrowsAsync<ProblemException>(() => StartAsync("v2", "blue"))).Problem.Info);
    }

    [Fact]
    public async Task Releases_that_served_are_kept_and_can_serve_again_without_their_artifact()
    {
        for (var i = 1; i <= 6; i++)
        {
            var slot = i % 2 == 1 ? "blue" : "green";
            await _target.RemoveAsync(slot, default);
            await ServeAsync($"v{i}", slot);
            if (i > 1)
                await _target.RetireAsync(i % 2 == 1 ? "green" : "blue", default);
        }

        // keep: 2, and the two that the slots name.
        Assert.Equal(["v3", "v4", "v5", "v6"], Directory.GetDirectories(Path.Combine(_home, "releases")).Select(d => Path.GetFileName(d)[..2]).Order());
        var (release, spec) = await ReleaseAsync("v4", "blue");
        Directory.Delete(Path.Combine(_home, "v4"), recursive: true);
        await _target.RemoveAsync("blue", default);
        await _target.StartAsync(release, "blue", spec, default);
        await _target.SwitchAsync("blue", default);
        Assert.Equal("v4", Served());
    }

    [Fact]
    public async Task Shared_paths_are_one_for_all_releases()
    {
        await using var target = Target(["media"]);
        await StartAsync("v1", "blue", target);
        await target.SwitchAsync("blue", default);
        File.WriteAllText(Path.Combine(_home, "current", "media", "a.txt"), "kept");
        await StartAsync("v2", "green", target);
        await target.SwitchAsync("green", default);
        Assert.Equal("kept", File.ReadAllText(Path.Combine(_home, "current", "media", "a.txt")));
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("..")]
    public async Task A_shared_path_does_not_leave_its_folder(string path)
    {
        await using var target = Target([path]);
        Assert.Equal(TargetProblems.FolderUnusable, (await Assert.ThrowsAsync<ProblemException>(() => StartAsync("v1", "blue", target))).Problem.Info);
    }

    [Fact]
    public async Task Files_that_changed_since_the_plan_are_not_released()
    {
        var (release, spec) = await ReleaseAsync("v1", "blue");
        File.AppendAllText(Path.Combine(_home, "v1", "version.txt"), " changed");
        Assert.Equal(TargetProblems.ArtifactMissing, (await Assert.ThrowsAsync<ProblemException>(() => _target.StartAsync(release, "blue", spec, default))).Problem.Info);
        Assert.Empty((await _target.StateAsync(default)).Slots);
    }

    [Fact]
    public async Task An_archive_is_unpacked()
    {
        Deliver("v1");
        var archive = Path.Combine(_home, "v1.tar.gz");
        await using (var file = File.Create(archive))
        await using (var plain = new GZipStream(file, CompressionLevel.Fastest))
            await TarFile.CreateFromDirectoryAsync(Path.Combine(_home, "v1"), plain, includeBaseDirectory: false);
        var image = await _target.ResolveAsync(archive, default);
        var release = new Release("v1", archive, image.Digest, "m", null);
        await _target.StartAsync(release, "blue", _target.SpecOf(release, "blue", new DeploymentId("d")), default);
        await _target.SwitchAsync("blue", default);
        Assert.Equal("v1", Served());
    }

    [Fact]
    public async Task A_release_that_another_tool_linked_is_what_serves()
    {
        Directory.CreateDirectory(Path.Combine(_home, "releases", "20260101"));
        Directory.CreateSymbolicLink(Path.Combine(_home, "current"), Path.Combine(_home, "releases", "20260101"));
        var state = await _target.StateAsync(default);
        Assert.Equal(("blue", "20260101", "green"), (state.Serving, state.Slot("blue")!.Version, state.FreeSlot));
    }

    private ReleaseDirectoryTarget Target(ImmutableArray<string> shared) => new(
        new ReleaseDirectorySettings(_home, shared, ["reload"], new Uri("http://127.0.0.1:9"), 2, TimeSpan.FromSeconds(5)),
        new TargetContext("pos", "prod", _home, "machine", TimeProvider.System, _reloads));

    private string Served() => File.ReadAllText(Path.Combine(_home, "current", "version.txt"));

    private void Deliver(string version)
    {
        Directory.CreateDirectory(Path.Combine(_home, version, "media"));
        File.WriteAllText(Path.Combine(_home, version, "version.txt"), version);
    }

    private async Task<(Release, string)> ReleaseAsync(string version, string slot)
    {
        Deliver(version);
        var release = new Release(version, version, (await _target.ResolveAsync(version, default)).Digest, "m", null);
        return (release, _target.SpecOf(release, slot, new DeploymentId($"d-{version}")));
    }

    private async Task StartAsync(string version, string slot, ReleaseDirectoryTarget? target = null)
    {
        var (release, spec) = await ReleaseAsync(version, slot);
        await (target ?? _target).StartAsync(release, slot, spec, default);
    }

    private async Task ServeAsync(string version, string slot)
    {
        await StartAsync(version, slot);
        await _target.SwitchAsync(slot, default);
    }

    private sealed class Reloads : ICommandRunner
    {
        public int ExitCode { get; set; }

        public List<string> Versions { get; } = [];

        public Task<CommandResult> RunAsync(CommandCall call, CancellationToken cancellation)
        {
            Versions.Add(call.Environment["SAFE_DEPLOY_VERSION"]);
            return Task.FromResult(new CommandResult(ExitCode, "", "", TimeSpan.Zero, false));
        }
    }
}
