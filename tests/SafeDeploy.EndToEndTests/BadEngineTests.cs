using SafeDeploy.EndToEndTests.Crash;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>An engine, a registry or an image that is not there, or not for us: found before the database is touched.</summary>
public sealed class BadEngineTests : IAsyncLifetime
{
    private Sample _sample = null!;

    public async Task InitializeAsync() => _sample = await Sample.EmptyAsync();

    public async Task DisposeAsync() => await _sample.DisposeAsync();

    [Fact]
    public async Task An_engine_a_registry_and_an_image_that_cannot_be_had_are_told_apart()
    {
        await RefusedAsync("A_docker_engine_that_is_away", "    port: 8000\n", "    port: 8000\n    host: unix:///nowhere/docker.sock\n");
        await RefusedAsync("A_registry_that_is_away", "image: safe-deploy-sample/backend:", "image: 127.0.0.1:1/nobody/backend:");
        await RefusedAsync("An_image_that_is_not_there", "image: safe-deploy-sample/backend:", $"image: {TestServers.Registry}/nobody/backend:");
        await DeniedAsync();
    }

    private async Task DeniedAsync()
    {
        using var engine = new EngineProxy();
        var socket = engine.Host["unix://".Length..];
        await Machine.KeepFromUsAsync(socket);
        _sample.Through = Machine.WithoutRights;
        await RefusedAsync("A_docker_engine_that_this_user_may_not_use", "    port: 8000\n", $"    port: 8000\n    host: {engine.Host}\n", (socket, "SOCKET"));
        await Machine.RemoveAsync(socket);
    }

    private async Task RefusedAsync(string golden, string old, string replacement, (string Value, string Name)? another = null)
    {
        _sample.Configure((old, replacement));
        var before = await _sample.StructureAsync();
        var result = await _sample.RunAsync("v1", "run");
        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Equal(before, await _sample.StructureAsync());
        Assert.Equal("", await _sample.ContainersAsync());
        var (value, name) = another ?? (TestServers.Registry, "REGISTRY");
        Golden.Verify(Normal.Text(string.Join('\n', result.Problems), _sample).Replace(value, name, StringComparison.Ordinal), golden);
    }
}
