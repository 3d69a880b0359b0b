using System.Collections.Immutable;
using System.Diagnostics;

namespace SafeDeploy.Tests.Harness;

/// <param name="Id">Its name on the job's network.</param>
public sealed record JobService(string Id, string Image, ImmutableArray<(string Name, string Value)> Env);

/// <summary>The services of a job and the network that its action containers join; they end after the last post.</summary>
public sealed class JobServices(JobOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<string> _containers = [];
    private string? _network;

    /// <summary>The network's name; null where the job has no service.</summary>
    public async Task<string?> StartAsync()
    {
        if (options.Services.IsEmpty)
            return null;
        _network = $"github_network_{Guid.NewGuid():N}";
        await DockerClient.MustAsync("network", "create", "--label", options.Label, _network);
        foreach (var service in options.Services)
        {
            var env = service.Env.SelectMany(e => new[] { "-e", $"{e.Name}={e.Value}" });
            var id = await DockerClient.MustAsync(
                ["create", "--label", options.Label, "--network", _network, "--network-alias", service.Id, .. env, "-e", "GITHUB_ACTIONS=true", "-e", "CI=true", service.Image]);
            _containers.Add(id);
            await DockerClient.MustAsync("start", id);
        }

        foreach (var id in _containers)
            await HealthyAsync(id);
        return _network;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _containers)
            await DockerClient.RunAsync("rm", "--force", "--volumes", id);
        if (_network is not null)
            await DockerClient.RunAsync("network", "rm", _network);
    }

    /// <summary>Only an image or option with a health check is waited for.</summary>
    private static async Task HealthyAsync(string id)
    {
        var since = Stopwatch.GetTimestamp();
        while (await DockerClient.MustAsync("inspect", "--format", "{{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}", id) != "healthy")
        {
            if (Stopwatch.GetElapsedTime(since) > Patience)
                throw new InvalidOperationException($"service {id} is not healthy: {(await DockerClient.RunAsync("logs", id)).Said}");
            await Task.Delay(100);
        }
    }
}
