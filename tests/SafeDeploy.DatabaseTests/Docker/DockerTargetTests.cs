namespace SafeDeploy.DatabaseTests.Docker;

/// <summary>A release forward, back and away, on the real engine.</summary>
public sealed class DockerTargetTests
{
    [Fact]
    public async Task A_first_release_starts_serves_and_goes_without_a_trace_of_it()
    {
        await using var world = new DockerWorld();
        var target = world.Target();
        var image = await AppImages.WellAsync(world.Label, "v1");
        await DockerWorld.PrepareAsync(target);
        Assert.Equal("503", await DockerWorld.AtTheDoorAsync(target));

        var slot = await DockerWorld.StartAsync(target, image, "v1");
        Assert.Null((await target.StateAsync(default)).Serving);
        await target.SwitchAsync(slot, default);
        Assert.Equal("v1", await DockerWorld.AtTheDoorAsync(target));

        await target.SwitchAsync(null, default);
        Assert.Equal("503", await DockerWorld.AtTheDoorAsync(target));
        await target.RemoveAsync(slot, default);
        Assert.Empty((await target.StateAsync(default)).Slots);
    }

    [Fact]
    public async Task The_second_release_takes_over_and_the_first_takes_back()
    {
        await using var world = new DockerWorld();
        var target = world.Target();
        var (v1, v2) = (await AppImages.WellAsync(world.Label, "v1"), await AppImages.WellAsync(world.Label, "v2"));
        await DockerWorld.PrepareAsync(target);
        await target.SwitchAsync(await DockerWorld.StartAsync(target, v1, "v1", "d1"), default);
        var before = await target.StateAsync(default);

        var green = await DockerWorld.StartAsync(target, v2, "v2", "d2");
        Assert.Equal("v1", await DockerWorld.AtTheDoorAsync(target));
        await target.SwitchAsync(green, default);
        Assert.Equal("v2", await DockerWorld.AtTheDoorAsync(target));

        await target.SwitchAsync("blue", default);
        Assert.Equal("v1", await DockerWorld.AtTheDoorAsync(target));
        await target.RemoveAsync(green, default);
        var after = await target.StateAsync(default);
        Assert.Equal(before.Serving, after.Serving);
        Assert.Equal(before.Slots.Single(), after.Slots.Single());
    }
}
