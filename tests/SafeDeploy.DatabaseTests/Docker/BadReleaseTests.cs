using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Integrations.DeployTargets.Docker;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Docker;

/// <summary>Releases that should never serve: each is seen for what it is, and what serves goes on.</summary>
public sealed class BadReleaseTests
{
    [Fact]
    public async Task A_release_that_exits_is_seen_within_a_second_with_its_code_and_last_words()
    {
        await using var world = new DockerWorld();
        var (target, _, _) = await world.ServingV1Async();
        await BringUpAsync(target, await AppImages.ExitingAsync(world.Label, "v2"), "v2");
        await Eventually.Async(async () => (await target.InstancesAsync("green", default)).Single().Phase == "exited", TimeSpan.FromSeconds(5));

        var seen = (await target.InstancesAsync("green", default)).Single();
        Assert.Equal((7, "cannot find the configuration"), (seen.ExitCode, seen.LastLog));
        var refused = await Assert.ThrowsAsync<ProblemException>(() => target.SwitchAsync("green", default));
        Assert.True(refused.Problem.Info == TargetProblems.NobodyToServe, refused.ToString());
        Assert.Contains("cannot find the configuration", refused.Problem.Evidence, StringComparison.Ordinal);
        await StillServesAsync(target);
    }

    [Fact]
    public async Task A_release_that_never_listens_gets_no_traffic()
    {
        await using var world = new DockerWorld();
        var (target, _, _) = await world.ServingV1Async();
        await BringUpAsync(target, await AppImages.DeafAsync(world.Label, "v2"), "v2");
        var instance = (await target.InstancesAsync("green", default)).Single();
        Assert.Equal("connection refused", (await target.AskInstanceAsync("green", instance.Id, DockerWorld.Question, default)).Error);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => target.SwitchAsync("green", default));
        Assert.Equal(TargetProblems.NobodyToServe, refused.Problem.Info);
        await StillServesAsync(target);
    }

    [Fact]
    public async Task A_release_that_hangs_and_one_that_is_not_ready_say_so_when_asked()
    {
        await using var world = new DockerWorld();
        var (target, _, _) = await world.ServingV1Async();
        await BringUpAsync(target, await AppImages.HangingAsync(world.Label, "v2"), "v2");
        Assert.StartsWith("no answer within", await AskedAsync(target, answer => answer.Error != "connection refused"), StringComparison.Ordinal);
        await target.RemoveAsync("green", default);

        await BringUpAsync(target, await AppImages.UnreadyAsync(world.Label, "v3"), "v3");
        Assert.Equal("503", await AskedAsync(target, answer => answer.Status > 0));
        await StillServesAsync(target);
    }

    [Fact]
    public async Task What_a_removed_release_said_last_is_handed_over()
    {
        await using var world = new DockerWorld();
        var (target, _, _) = await world.ServingV1Async();
        await BringUpAsync(target, await AppImages.ExitingAsync(world.Label, "v2"), "v2");
        await Eventually.Async(async () => (await target.InstancesAsync("green", default)).Single().Phase == "exited", TimeSpan.FromSeconds(5));
        var evidence = await target.RemoveAsync("green", default);
        Assert.Contains("exited, exit code 7", evidence, StringComparison.Ordinal);
        Assert.Contains("cannot find the configuration", evidence, StringComparison.Ordinal);
        Assert.Equal("", await target.RemoveAsync("green", default));
    }

    [Fact]
    public async Task A_program_that_is_not_in_the_image_is_quoted_from_the_engine()
    {
        await using var world = new DockerWorld();
        var (_, v1, _) = await world.ServingV1Async();
        world.Settings = world.Settings with { Command = ["no-such-program"] };
        var target = world.Target();
        var failed = await Assert.ThrowsAsync<ProblemException>(() => BringUpAsync(target, v1, "v1"));
        Assert.Equal(TargetProblems.StartFailed, failed.Problem.Info);
        Assert.Contains("no-such-program", failed.Problem.What, StringComparison.Ordinal);
        await StillServesAsync(target);
    }

    [Fact]
    public async Task What_serves_is_neither_removed_nor_retired_nor_replaced()
    {
        await using var world = new DockerWorld();
        var (target, _, v2) = await world.ServingV1Async();
        var release = await DockerWorld.ReleaseAsync(target, v2, "v2");
        Func<Task>[] attempts =
        [
            () => target.RemoveAsync("blue", default),
            () => target.RetireAsync("blue", default),
            () => target.StartAsync(release, "blue", target.SpecOf(release, "blue", new DeploymentId("d2")), default),
        ];
        foreach (var attempt in attempts)
            Assert.Equal(TargetProblems.SlotServes, (await Assert.ThrowsAsync<ProblemException>(attempt)).Problem.Info);
        await StillServesAsync(target);
    }

    [Fact]
    public async Task Two_environments_of_one_service_do_not_touch_each_other()
    {
        await using var world = new DockerWorld();
        var (target, v1, _) = await world.ServingV1Async();
        var other = world.Target("prod");
        Assert.Equal(TargetProblems.NameTaken, (await Assert.ThrowsAsync<ProblemException>(() => other.StateAsync(default))).Problem.Info);
        Assert.Equal(TargetProblems.NameTaken, (await Assert.ThrowsAsync<ProblemException>(() => BringUpAsync(other, v1, "v1", "blue"))).Problem.Info);
        await StillServesAsync(target);
    }

    private static async Task BringUpAsync(DockerTarget target, string image, string version, string slot = "green")
    {
        var release = await DockerWorld.ReleaseAsync(target, image, version);
        await target.StartAsync(release, slot, target.SpecOf(release, slot, new DeploymentId("bad")), default);
    }

    private static async Task<string> AskedAsync(DockerTarget target, Func<HttpAnswer, bool> isEnough)
    {
        var instance = (await target.InstancesAsync("green", default)).Single().Id;
        HttpAnswer answer = HttpAnswer.None("", TimeSpan.Zero);
        await Eventually.Async(async () => isEnough(answer = await target.AskInstanceAsync("green", instance, DockerWorld.Question, default)), TimeSpan.FromSeconds(15));
        return answer.Error.Length > 0 ? answer.Error : answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task StillServesAsync(DockerTarget target)
    {
        Assert.Equal("v1", await DockerWorld.AtTheDoorAsync(target));
        Assert.Equal("blue", (await target.StateAsync(default)).Serving);
    }
}
