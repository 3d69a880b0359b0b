using SafeDeploy.Config;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Docker;

/// <summary>The former release comes back exactly as it was.</summary>
public sealed class WayBackTests
{
    private const string Planted = "planted-s3cret-value";

    [Fact]
    public async Task Env_mounts_limits_and_names_are_the_same_after_the_way_back()
    {
        await using var world = new DockerWorld();
        var data = Directory.CreateDirectory(Path.Combine(world.Folder, "data")).FullName;
        world.Settings = world.Settings with
        {
            Env = world.Settings.Env.Add("APP_KEY", new Secret(Planted)),
            Mounts = [new MountSettings(MountKind.Bind, data, "/data", true), new MountSettings(MountKind.Tmpfs, "", "/scratch", false)],
            Limits = new LimitSettings(new ByteSize(64 * 1024 * 1024), 0.5m),
        };
        var (target, _, v2) = await world.ServingV1Async();
        const string shape = "{{json .Config.Env}} {{json .HostConfig.Mounts}} {{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.RestartPolicy.Name}} {{.Image}}";
        var before = await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", shape);
        Assert.Contains(Planted, before, StringComparison.Ordinal);
        Assert.Contains("67108864 500000000 unless-stopped", before, StringComparison.Ordinal);

        await target.SwitchAsync(await DockerWorld.StartAsync(target, v2, "v2", "d2"), default);
        Assert.Equal("no", await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", "{{.HostConfig.RestartPolicy.Name}}"));
        await target.SwitchAsync("blue", default);
        Assert.Equal(before, await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", shape));
    }

    [Fact]
    public async Task A_secret_is_in_the_container_and_nowhere_in_what_the_ledger_keeps()
    {
        await using var world = new DockerWorld();
        await File.WriteAllTextAsync(Path.Combine(world.Folder, "app.env"), $"# comment\nFILE_KEY={Planted}=from-file\n");
        world.Settings = world.Settings with { Env = world.Settings.Env.Add("APP_KEY", new Secret(Planted)), EnvFile = "app.env" };
        var (target, v1, _) = await world.ServingV1Async();
        var env = await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", "{{json .Config.Env}}");
        Assert.Contains($"APP_KEY={Planted}", env, StringComparison.Ordinal);
        Assert.Contains($"FILE_KEY={Planted}=from-file", env, StringComparison.Ordinal);

        var release = await DockerWorld.ReleaseAsync(target, v1, "v1");
        Assert.DoesNotContain(Planted, target.SpecOf(release, "green", new DeploymentId("d")), StringComparison.Ordinal);
        Assert.DoesNotContain(Planted, (await target.StateAsync(default)).Slots.Single().Spec, StringComparison.Ordinal);
        Assert.DoesNotContain(Planted, await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", "{{json .Config.Labels}}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retired_release_comes_back_with_the_variables_of_then()
    {
        await using var world = new DockerWorld();
        var file = Path.Combine(world.Folder, "app.env");
        await File.WriteAllTextAsync(file, "MODE=then\n");
        world.Settings = world.Settings with { EnvFile = "app.env", Replicas = 2 };
        var (target, _, v2) = await world.ServingV1Async();
        var then = (await target.StateAsync(default)).Slots.Single();
        await target.SwitchAsync(await DockerWorld.StartAsync(target, v2, "v2", "d2"), default);
        await target.RetireAsync("blue", default);
        Assert.Equal(0, (await target.StateAsync(default)).Slot("blue")!.Running);
        await File.WriteAllTextAsync(file, "MODE=now\n");
        await ContainerLabel.DockerAsync("rm", $"{world.Settings.Service}-blue-2");

        await target.StartAsync(new Release("v1", then.Image, then.Digest, "none", null), "blue", then.Spec, default);
        foreach (var name in new[] { "blue-1", "blue-2" })
            Assert.Contains("MODE=then", await DockerWorld.InspectAsync($"{world.Settings.Service}-{name}", "{{json .Config.Env}}"), StringComparison.Ordinal);
        await target.SwitchAsync("blue", default);
        Assert.Equal("v1", await DockerWorld.AtTheDoorAsync(target));
    }

    [Fact]
    public async Task A_retired_release_keeps_its_image()
    {
        await using var world = new DockerWorld();
        var (target, _, v2) = await world.ServingV1Async();
        var id = await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", "{{.Image}}");
        await target.SwitchAsync(await DockerWorld.StartAsync(target, v2, "v2", "d2"), default);
        await target.RetireAsync("blue", default);
        Assert.Equal(id, await DockerWorld.TrimmedAsync("image", "inspect", "--format", "{{.Id}}", $"safe-deploy/{world.Settings.Service}:previous"));
    }

    [Fact]
    public async Task Kept_stopped_the_former_release_is_started_again_before_traffic_comes_back()
    {
        await using var world = new DockerWorld();
        world.Settings = world.Settings with { Keep = KeepPolicy.Stopped };
        var (target, _, v2) = await world.ServingV1Async();
        await target.SwitchAsync(await DockerWorld.StartAsync(target, v2, "v2", "d2"), default);
        Assert.Equal("exited", (await target.InstancesAsync("blue", default)).Single().Phase);
        await target.SwitchAsync("blue", default);
        Assert.Equal("v1", await DockerWorld.AtTheDoorAsync(target));
    }

    [Fact]
    public async Task Workers_run_the_same_image_and_stop_and_start_with_their_slot()
    {
        await using var world = new DockerWorld();
        world.Settings = world.Settings with { Workers = [new WorkerSettings("jobs", ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"], 2)] };
        var (target, _, _) = await world.ServingV1Async();
        var state = (await target.StateAsync(default)).Slots.Single();
        var release = new Release("v1", state.Image, state.Digest, "none", null);
        await target.StartWorkersAsync("blue", release, state.Spec, default);
        Assert.Equal(2, (await target.StateAsync(default)).Slots.Single().Workers);
        var image = await DockerWorld.InspectAsync($"{world.Settings.Service}-jobs-blue", "{{.Image}} {{.HostConfig.RestartPolicy.Name}}");
        Assert.Equal($"{await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", "{{.Image}}")} unless-stopped", image);

        await target.StopWorkersAsync("blue", default);
        Assert.Equal(0, (await target.StateAsync(default)).Slots.Single().Workers);
        await target.StartWorkersAsync("blue", release, state.Spec, default);
        Assert.Equal(2, (await target.StateAsync(default)).Slots.Single().Workers);
        Assert.Single(await target.InstancesAsync("blue", default));
    }

    [Fact]
    public async Task Starting_twice_makes_nothing_twice()
    {
        await using var world = new DockerWorld();
        var (target, v1, _) = await world.ServingV1Async();
        var before = await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", "{{.Id}} {{.State.StartedAt}}");
        var release = await DockerWorld.ReleaseAsync(target, v1, "v1");
        await world.Target().StartAsync(release, "blue", target.SpecOf(release, "blue", new DeploymentId("d1")), default);
        Assert.Equal(before, await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", "{{.Id}} {{.State.StartedAt}}"));
    }

    [Fact]
    public async Task Somebody_elses_front_is_moved_by_programs_that_are_told_slot_and_addresses()
    {
        await using var world = new DockerWorld();
        var said = Path.Combine(world.Folder, "said");
        world.Settings = world.Settings with
        {
            Front = new FrontSettings.External(
                ["sh", "-c", "echo \"$SAFE_DEPLOY_SLOT\" >said; echo \"$SAFE_DEPLOY_INSTANCES\" >instances"], ["sh", "-c", "cat said 2>/dev/null || true"],
                ["sh", "-c", "echo \"$(cat said) held\" >said"], ["true"]),
        };
        var (target, _, v2) = await world.ServingV1Async();
        var address = await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
        Assert.Equal($"{address}:{AppImages.Port}", (await File.ReadAllTextAsync(Path.Combine(world.Folder, "instances"))).Trim());
        await target.HoldAsync(default);
        Assert.True(await target.StateAsync(default) is { Held: true, Serving: "blue" });
        await target.SwitchAsync(await DockerWorld.StartAsync(target, v2, "v2", "d2"), default);
        Assert.True(await target.StateAsync(default) is { Held: false, Serving: "green" });
        await target.SwitchAsync(null, default);
        Assert.Equal("", (await File.ReadAllTextAsync(said)).Trim());
        Assert.Null((await target.StateAsync(default)).Serving);
    }

    [Fact]
    public async Task Without_a_front_the_former_release_is_stopped_by_the_switch()
    {
        await using var world = new DockerWorld();
        world.Settings = world.Settings with { Front = new FrontSettings.None() };
        var (target, _, v2) = await world.ServingV1Async();
        var green = await DockerWorld.StartAsync(target, v2, "v2", "d2");
        Assert.Equal("blue", (await target.StateAsync(default)).Serving);
        await target.SwitchAsync(green, default);
        var state = await target.StateAsync(default);
        Assert.Equal(("green", 0, 1), (state.Serving, state.Slot("blue")!.Running, state.Slot("green")!.Running));
        await target.SwitchAsync("blue", default);
        Assert.Equal("blue", (await target.StateAsync(default)).Serving);
    }
}
