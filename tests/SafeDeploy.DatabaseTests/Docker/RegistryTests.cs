using System.Text.Json;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Docker;

/// <summary>Images and what their references mean, with a real registry.</summary>
public sealed class RegistryTests
{
    [Fact]
    public async Task A_tag_that_moves_after_the_plan_changes_nothing()
    {
        await using var world = new DockerWorld();
        var target = world.Target();
        var reference = $"{TestServers.Registry}/{world.Settings.Service}:stable";
        await PushAsync(await AppImages.WellAsync(world.Label, "v1"), reference);
        var planned = await target.ResolveAsync(reference, default);
        await PushAsync(await AppImages.WellAsync(world.Label, "v2"), reference);
        Assert.NotEqual(planned.Digest, (await target.ResolveAsync(reference, default)).Digest);

        await DockerWorld.PrepareAsync(target);
        var release = new Release("v1", reference, planned.Digest, "none", null);
        await target.StartAsync(release, "blue", target.SpecOf(release, "blue", new DeploymentId("d1")), default);
        await target.SwitchAsync("blue", default);
        Assert.Equal("v1", await DockerWorld.AtTheDoorAsync(target));
        Assert.Equal($"{reference[..reference.LastIndexOf(':')]}@{planned.Digest}", await DockerWorld.InspectAsync($"{world.Settings.Service}-blue-1", "{{.Config.Image}}"));
    }

    [Fact]
    public async Task An_error_inside_a_stream_that_began_with_200_is_a_failed_pull()
    {
        await using var world = new DockerWorld();
        var target = world.Target();
        var reference = $"{TestServers.Registry}/{world.Settings.Service}:v1";
        // A version of its own, so that no other image on the engine holds the same layer.
        await PushAsync(await AppImages.WellAsync(world.Label, world.Settings.Service), reference);
        var planned = await target.ResolveAsync(reference, default);
        await LoseLastLayerAsync(world.Settings.Service, planned.Digest!);
        await world.Label.DisposeAsync();

        var release = new Release("v1", reference, planned.Digest, "none", null);
        var failed = await Assert.ThrowsAsync<ProblemException>(() =>
            target.StartAsync(release, "blue", target.SpecOf(release, "blue", new DeploymentId("d1")), default));
        Assert.Equal(TargetProblems.PullFailed, failed.Problem.Info);
        Golden.Verify(ProblemText.Of(failed.Problem).Replace($"{TestServers.Registry}/{world.Settings.Service}", "REGISTRY/shop", StringComparison.Ordinal).Replace(planned.Digest!, "sha256:DIGEST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_image_that_nobody_knows_is_refused_by_name()
    {
        await using var world = new DockerWorld();
        var unknown = await Assert.ThrowsAsync<ProblemException>(() => world.Target().ResolveAsync($"{TestServers.Registry}/nobody/knows:v1", default));
        Assert.Equal(TargetProblems.ImageMissing, unknown.Problem.Info);
    }

    [Fact]
    public async Task A_registry_that_is_away_is_told_from_an_image_that_is_missing()
    {
        await using var world = new DockerWorld();
        var away = await Assert.ThrowsAsync<ProblemException>(() => world.Target().ResolveAsync($"127.0.0.1:{DockerWorld.FreePort()}/shop:v1", default));
        Assert.Equal(TargetProblems.RegistryAway, away.Problem.Info);
    }

    [Fact]
    public async Task An_image_that_only_the_engine_holds_is_named_by_its_id()
    {
        await using var world = new DockerWorld();
        var image = await AppImages.WellAsync(world.Label, "v1");
        var resolved = await world.Target().ResolveAsync(image, default);
        Assert.Equal(await DockerWorld.TrimmedAsync("image", "inspect", "--format", "{{.Id}}", image), resolved.Digest);
        Assert.Equal(resolved.Digest, resolved.Pinned);
    }

    private static async Task PushAsync(string image, string reference)
    {
        await ContainerLabel.DockerAsync("tag", image, reference);
        await ContainerLabel.DockerAsync("push", "--quiet", reference);
        await ContainerLabel.DockerAsync("rmi", reference);
    }

    private static async Task LoseLastLayerAsync(string repository, string digest)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://{TestServers.Registry}/v2/{repository}/") };
        client.DefaultRequestHeaders.Add("Accept", "application/vnd.docker.distribution.manifest.v2+json");
        using var manifest = JsonDocument.Parse(await client.GetStringAsync(new Uri($"manifests/{digest}", UriKind.Relative)));
        var layer = manifest.RootElement.GetProperty("layers").EnumerateArray().Last().GetProperty("digest").GetString();
        using var deleted = await client.DeleteAsync(new Uri($"blobs/{layer}", UriKind.Relative));
        Assert.True(deleted.IsSuccessStatusCode, deleted.StatusCode.ToString());
    }
}
