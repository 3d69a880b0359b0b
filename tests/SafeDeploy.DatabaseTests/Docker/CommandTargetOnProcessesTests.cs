using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Integrations.DeployTargets.ShellCommand;
using SafeDeploy.Integrations.Processes;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Docker;

/// <summary>The target <c>command</c> with real programs and real processes, as its guide describes them.</summary>
public sealed class CommandTargetOnProcessesTests : IDisposable
{
    private const string Script = """
        #!/bin/sh
        # One program for all actions. Each slot is a folder with its facts and the pid of a small web server.
        set -eu
        slot=$SAFE_DEPLOY_SLOT
        port_of() { if [ "$1" = blue ]; then echo BLUE; else echo GREEN; fi; }
        case $SAFE_DEPLOY_ACTION in
        start)
            mkdir -p "$slot/www"
            printf '%s' "$SAFE_DEPLOY_VERSION" >"$slot/version"
            printf '%s' "$SAFE_DEPLOY_VERSION" >"$slot/www/index.html"
            kill -0 "$(cat "$slot/pid" 2>/dev/null || echo none)" 2>/dev/null && exit 0
            setsid busybox httpd -f -p "127.0.0.1:$(port_of "$slot")" -h "$slot/www" </dev/null >/dev/null 2>&1 &
            echo $! >"$slot/pid"
            ;;
        stop) [ ! -d "$slot" ] || { kill "$(cat "$slot/pid")"; rm -rf "$slot"; } ;;
        switch) printf '%s' "$slot" >serving ;;
        current)
            slots=
            for s in blue green; do
                [ -f "$s/version" ] || continue
                slots="$slots${slots:+,}{\"slot\":\"$s\",\"version\":\"$(cat $s/version)\",\"instances\":[{\"name\":\"$s-1\",\"address\":\"http://127.0.0.1:$(port_of $s)\"}]}"
            done
            printf '{"serving":"%s","slots":[%s]}' "$(cat serving 2>/dev/null)" "$slots"
            ;;
        esac
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("safe-deploy-command-").FullName;

    [Fact]
    public async Task A_release_starts_beside_the_old_one_serves_and_goes()
    {
        await using var target = Target(Script);
        await target.SwitchAsync(await StartAsync(target, "v1"), default);
        var green = await StartAsync(target, "v2");
        Assert.Equal("v1", await AskAsync(target, "blue"));
        Assert.Equal("v2", await AskAsync(target, green));
        await target.SwitchAsync(green, default);
        Assert.Equal("green", (await target.StateAsync(default)).Serving);
        await target.SwitchAsync("blue", default);
        await target.RemoveAsync(green, default);
        Assert.Equal(["blue"], (await target.StateAsync(default)).Slots.Select(s => s.Slot));
        Assert.Equal("v1", await AskAsync(target, "blue"));
        await target.SwitchAsync(null, default);
        await target.RetireAsync("blue", default);
        Assert.Empty((await target.StateAsync(default)).Slots);
    }

    [Fact]
    public async Task A_program_that_fails_is_quoted_with_its_last_words()
    {
        await using var target = Target("#!/bin/sh\necho no such release >&2\nexit 9\n");
        var failed = (await Assert.ThrowsAsync<ProblemException>(() => target.StateAsync(default))).Problem;
        Assert.Equal((TargetProblems.CommandFailed, "no such release"), (failed.Info, failed.Evidence));
        Assert.EndsWith("code 9", failed.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_program_leaves_behind_with_its_streams_open_is_not_waited_for()
    {
        await using var target = Target("#!/bin/sh\necho '{\"serving\":null,\"slots\":[]}'\nsleep 60 &\necho $! >left\n");
        var waited = System.Diagnostics.Stopwatch.StartNew();
        Assert.Null((await target.StateAsync(default)).Serving);
        Assert.True(waited.Elapsed < TimeSpan.FromSeconds(15), $"waited {waited.Elapsed}");
        System.Diagnostics.Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "left")), CultureInfo.InvariantCulture)).Kill();
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static async Task<string> StartAsync(CommandTarget target, string version)
    {
        var slot = (await target.StateAsync(default)).FreeSlot;
        var release = new Release(version, null, null, "m", null);
        await target.StartAsync(release, slot, target.SpecOf(release, slot, new DeploymentId("d")), default);
        await Eventually.Async(async () => await AskAsync(target, slot) == version, TimeSpan.FromSeconds(10));
        return slot;
    }

    private static async Task<string> AskAsync(CommandTarget target, string slot)
    {
        var instance = (await target.InstancesAsync(slot, default)).Single();
        return (await target.AskInstanceAsync(slot, instance.Id, HttpQuestion.Get("/", TimeSpan.FromSeconds(5)), default)).Body;
    }

    private CommandTarget Target(string script)
    {
        var program = Path.Combine(folder, "deploy");
        File.WriteAllText(program, script
            .Replace("BLUE", DockerWorld.FreePort().ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("GREEN", DockerWorld.FreePort().ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new CommandTarget(
            new CommandTargetSettings(["./deploy"], ["./deploy"], null, ["./deploy"], null, null, ["./deploy"], TimeSpan.FromSeconds(20)),
            new TargetContext("shop", "test", folder, Environment.MachineName, TimeProvider.System, new ProcessRunner(TimeProvider.System)));
    }
}
