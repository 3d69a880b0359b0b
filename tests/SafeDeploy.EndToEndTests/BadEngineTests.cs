using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>An engine that is away and an image that is not there: found before the database is touched.</summary>
public sealed class BadEngineTests
{
    [Fact]
    public Task A_docker_engine_that_is_away() => RefusedAsync(nameof(A_docker_engine_that_is_away), "    port: 8000\n", "    port: 8000\n    host: unix:///nowhere/docker.sock\n");

    [Fact]
    public Task An_image_that_is_not_there() => RefusedAsync(nameof(An_image_that_is_not_there), "image: safe-deploy-sample/backend:", $"image: {TestServers.Registry}/nobody/backend:");

    private static async Task RefusedAsync(string test, string old, string replacement)
    {
        await using var sample = await Sample.EmptyAsync();
        sample.Configure((old, replacement));
        var before = await sample.StructureAsync();
        var result = await sample.RunAsync("v1", "run");
        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Equal(before, await sample.StructureAsync());
        Assert.Equal("", await sample.ContainersAsync());
        Golden.Verify(Normal.Text(string.Join('\n', result.Problems), sample).Replace(TestServers.Registry, "REGISTRY", StringComparison.Ordinal), test);
    }
}
