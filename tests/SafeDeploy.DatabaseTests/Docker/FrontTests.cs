using System.Globalization;
using System.Net;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Problems;
using SafeDeploy.Tests.Load;

namespace SafeDeploy.DatabaseTests.Docker;

/// <summary>The managed front: nothing is lost, nothing is forgotten, nothing is moved to nobody.</summary>
public sealed class FrontTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_request_fails_while_traffic_moves_there_and_back(bool keepAlive)
    {
        await using var world = new DockerWorld();
        world.Settings = world.Settings with { Replicas = 2 };
        var (target, _, v2) = await world.ServingV1Async();
        var green = await DockerWorld.StartAsync(target, v2, "v2", "d2");
        using var enough = new CancellationTokenSource();
        var options = new LoadOptions(new Uri(world.FrontDoor, "/sales"), "POST", [], "{}", keepAlive, 8, 400, 5_000, 60_000, TimeSpan.FromSeconds(10));
        var load = new LoadGenerator(options, TimeProvider.System).RunAsync(enough.Token);

        for (var round = 0; round < 3; round++)
        {
            await target.SwitchAsync(green, default);
            await target.SwitchAsync("blue", default);
        }
        await target.SwitchAsync(green, default);
        await target.RemoveAsync("blue", default);
        await enough.CancelAsync();

        var report = await load;
        Assert.True(report.Failed == 0, string.Join(", ", report.Reasons));
        Assert.True(report.Sent >= 5_000);
        Assert.Equal(["v1", "v2"], report.Versions.Keys);
    }

    [Fact]
    public async Task A_front_that_is_restarted_serves_the_release_it_served()
    {
        await using var world = new DockerWorld();
        var (target, _, v2) = await world.ServingV1Async();
        await target.SwitchAsync(await DockerWorld.StartAsync(target, v2, "v2", "d2"), default);
        await ContainerLabel.DockerAsync("restart", world.FrontContainer);
        await Eventually.Async(async () => await DockerWorld.AtTheDoorAsync(target) == "v2", TimeSpan.FromSeconds(20));

        await target.SwitchAsync("blue", default);
        await ContainerLabel.DockerAsync("restart", world.FrontContainer);
        await Eventually.Async(async () => await DockerWorld.AtTheDoorAsync(target) == "v1", TimeSpan.FromSeconds(20));
        Assert.Equal("blue", (await target.StateAsync(default)).Serving);
    }

    [Fact]
    public async Task A_front_that_somebody_removed_comes_back_with_what_it_served()
    {
        await using var world = new DockerWorld();
        var (target, _, v2) = await world.ServingV1Async();
        await target.SwitchAsync(await DockerWorld.StartAsync(target, v2, "v2", "d2"), default);
        await ContainerLabel.DockerAsync("rm", "--force", world.FrontContainer);
        Assert.Equal("green", (await target.StateAsync(default)).Serving);

        await DockerWorld.PrepareAsync(target);
        await Eventually.Async(async () => await DockerWorld.AtTheDoorAsync(target) == "v2", TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_front_that_was_only_half_made_is_completed()
    {
        await using var world = new DockerWorld();
        var (target, _, _) = await world.ServingV1Async();
        await ContainerLabel.DockerAsync("rm", "--force", world.FrontContainer);
        var listen = ((FrontSettings.Managed)world.Settings.Front).Listen;
        await ContainerLabel.DockerAsync("create", "--name", world.FrontContainer, "--label", world.Label.ToString(),
            "--label", "safe-deploy.role=front", "--label", "safe-deploy.environment=test", "--label", $"safe-deploy.service={world.Settings.Service}",
            "--label", $"safe-deploy.listen={listen}", "--label", $"safe-deploy.image={AppImages.Front}",
            "--network", $"{world.Settings.Service}-network", "--publish", $"{listen}:8080", "--entrypoint", "haproxy",
            AppImages.Front, "-W", "-db", "-f", "/etc/safe-deploy/haproxy.cfg");
        Assert.Equal("blue", (await target.StateAsync(default)).Serving);

        await DockerWorld.PrepareAsync(target);
        await Eventually.Async(async () => await DockerWorld.AtTheDoorAsync(target) == "v1", TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_hold_answers_at_once_lets_requests_in_flight_end_and_survives_a_restart()
    {
        await using var world = new DockerWorld();
        var target = world.Target();
        var patient = Ports.HttpQuestion.Get("/", TimeSpan.FromSeconds(20));
        await DockerWorld.PrepareAsync(target);
        await target.SwitchAsync(await DockerWorld.StartAsync(target, await AppImages.SlowAsync(world.Label, "v1"), "v1"), default);
        var inFlight = target.AskFrontAsync(patient, default);
        await Eventually.Async(async () => await RequestsAsync(world) > 0, TimeSpan.FromSeconds(5));

        await target.HoldAsync(default);
        var held = await target.AskFrontAsync(DockerWorld.Question, default);
        Assert.Equal((503, "5"), (held.Status, held.Headers["Retry-After"]));
        Assert.Equal("v1", (await inFlight).Body);
        Assert.True((await target.StateAsync(default)) is { Held: true, Serving: "blue" });

        await ContainerLabel.DockerAsync("restart", world.FrontContainer);
        await Eventually.Async(async () => (await target.AskFrontAsync(DockerWorld.Question, default)).Status == 503, TimeSpan.FromSeconds(20));
        await target.SwitchAsync("blue", default);
        Assert.Equal("v1", (await target.AskFrontAsync(patient, default)).Body);
    }

    [Fact]
    public async Task A_process_that_died_between_file_and_front_is_put_right_by_the_next_switch()
    {
        await using var world = new DockerWorld();
        var (target, _, v2) = await world.ServingV1Async();
        var green = await DockerWorld.StartAsync(target, v2, "v2", "d2");
        var file = Path.Combine(world.Folder, "front.map");
        await File.WriteAllTextAsync(file, "serving green\nheld no\n");
        await ContainerLabel.DockerAsync("cp", file, $"{world.FrontContainer}:/etc/safe-deploy/front.map");
        Assert.Equal("blue", (await target.StateAsync(default)).Serving);

        await target.SwitchAsync("blue", default);
        Assert.Contains("serving blue", await ContainerLabel.DockerAsync("exec", world.FrontContainer, "cat", "/etc/safe-deploy/front.map"), StringComparison.Ordinal);
        await target.SwitchAsync(green, default);
        Assert.Equal("v2", await DockerWorld.AtTheDoorAsync(target));
    }

    [Fact]
    public async Task A_release_that_listens_on_another_port_is_switched_to_and_back()
    {
        await using var world = new DockerWorld();
        var (_, _, _) = await world.ServingV1Async();
        world.Settings = world.Settings with { Port = 8001 };
        var target = world.Target();
        await target.SwitchAsync(await DockerWorld.StartAsync(target, await AppImages.ElsewhereAsync(world.Label, "v2", 8001), "v2", "d2"), default);
        Assert.Equal("v2", await DockerWorld.AtTheDoorAsync(target));
        await target.SwitchAsync("blue", default);
        Assert.Equal("v1", await DockerWorld.AtTheDoorAsync(target));
    }

    [Fact]
    public async Task The_control_connection_is_not_reached_from_the_applications_network()
    {
        await using var world = new DockerWorld();
        var (target, _, _) = await world.ServingV1Async();
        var app = (await target.InstancesAsync("blue", default)).Single().Name;
        var addresses = await DockerWorld.InspectAsync(world.FrontContainer, "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}");
        foreach (var address in addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var said = await ContainerLabel.DockerAsync("exec", app, "sh", "-c", $"echo 'show info' | nc -w 2 {address} 9999 || true");
            Assert.DoesNotContain("HAProxy", said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_port_that_a_container_publishes_is_explained_before_anything_is_made()
    {
        await using var world = new DockerWorld();
        var taken = ((FrontSettings.Managed)world.Settings.Front).Listen.Port.ToString(CultureInfo.InvariantCulture);
        await ContainerLabel.DockerAsync("run", "--detach", "--label", world.Label.ToString(), "--name", $"{world.Settings.Service}-legacy",
            "--publish", $"127.0.0.1:{taken}:80", AppImages.Front, "sleep", "600");
        var refused = await Assert.ThrowsAsync<ProblemException>(() => world.Target().MissingAsync(default));
        Assert.Equal(TargetProblems.PortTaken, refused.Problem.Info);
        Assert.Contains($"{world.Settings.Service}-legacy", refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_a_process_listens_on_is_explained_before_anything_is_made()
    {
        await using var world = new DockerWorld();
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, ((FrontSettings.Managed)world.Settings.Front).Listen.Port);
        listener.Start();
        var refused = await Assert.ThrowsAsync<ProblemException>(() => world.Target().MissingAsync(default));
        Assert.Equal(TargetProblems.PortTaken, refused.Problem.Info);
    }

    [Fact]
    public async Task Inside_a_container_its_attachment_to_both_networks_is_part_of_what_is_missing()
    {
        await using var world = new DockerWorld();
        var (_, _, v2) = await world.ServingV1Async();
        var runner = await DockerWorld.TrimmedAsync("run", "--detach", "--label", world.Label.ToString(), AppImages.Front, "sleep", "600");
        var inside = world.Target(machine: runner[..12]);
        Assert.Equal("blue", (await inside.StateAsync(default)).Serving);
        Assert.Equal(2, (await inside.MissingAsync(default)).Length);

        await DockerWorld.PrepareAsync(inside);
        await inside.SwitchAsync(await DockerWorld.StartAsync(inside, v2, "v2", "d2"), default);
        Assert.Equal("v2", await DockerWorld.AtTheDoorAsync(inside));
    }

    [Fact]
    public async Task An_engine_elsewhere_carries_the_connections_that_can_not_be_made_from_here()
    {
        await using var world = new DockerWorld();
        using var elsewhere = new EngineElsewhere(world.Settings.Host);
        world.Settings = world.Settings with { Host = elsewhere.Host };
        var (target, _, v2) = await world.ServingV1Async();
        Assert.Equal("v1", await DockerWorld.AtTheDoorAsync(target));
        await target.SwitchAsync(await DockerWorld.StartAsync(target, v2, "v2", "d2"), default);
        Assert.Equal("v2", await DockerWorld.AtTheDoorAsync(target));
    }

    [Fact]
    public async Task Traffic_is_back_on_a_release_that_was_kept_running_within_a_second()
    {
        await using var world = new DockerWorld();
        var (target, _, v2) = await world.ServingV1Async();
        var green = await DockerWorld.StartAsync(target, v2, "v2", "d2");
        var took = new List<TimeSpan>();
        // The machine has other things to do as well: one of three is not held up by them.
        for (var turn = 0; turn < 3; turn++)
        {
            await target.SwitchAsync(green, default);
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            await target.SwitchAsync("blue", default);
            took.Add(System.Diagnostics.Stopwatch.GetElapsedTime(started));
            Assert.Equal("v1", await DockerWorld.AtTheDoorAsync(target));
        }

        Assert.True(took.Min() < TimeSpan.FromSeconds(1), $"took {string.Join(", ", took)}");
    }

    private static async Task<int> RequestsAsync(DockerWorld world)
    {
        var address = await DockerWorld.InspectAsync(world.FrontContainer, $"{{{{(index .NetworkSettings.Networks \"{world.Settings.Service}-control\").IPAddress}}}}");
        var table = await ContainerLabel.DockerAsync("exec", world.FrontContainer, "sh", "-c", $"echo 'show stat' | nc -w 2 {address} 9999");
        return Integrations.DeployTargets.Docker.HaproxyRuntime.CountUp(table, "blue").Sessions;
    }
}
