using System.Text;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Integrations.DeployTargets.Docker;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;
using SafeDeploy.Problems;

namespace SafeDeploy.Tests.Docker;

/// <summary>What is made of the words of an engine, those too that a healthy one never says.</summary>
public sealed class DockerEngineTests
{
    private const string Digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    [Fact]
    public async Task An_error_inside_a_stream_that_began_with_200_fails_the_pull()
    {
        await using var fake = new FakeEngine(_ => "200 OK\n{\"status\":\"Pulling fs layer\"}\n{\"errorDetail\":{\"message\":\"unexpected EOF\"},\"error\":\"unexpected EOF\"}\n");
        using var engine = new DockerEngine(fake.Host, TimeProvider.System);
        var failed = await Assert.ThrowsAsync<ProblemException>(() => engine.PullAsync("ghcr.io/acme/shop", Digest, null, default));
        Assert.Equal(TargetProblems.PullFailed, failed.Problem.Info);
        Assert.EndsWith("unexpected EOF", failed.Problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"status\":\"Digest: sha256:00\"}", null)]
    [InlineData("", null)]
    [InlineData("{\"error\":\"no space left on device\"}", "no space left on device")]
    [InlineData("{\"status\":\"Pull", "the engine's stream was cut: {\"status\":\"Pull")]
    public void One_line_of_progress_is_judged_by_its_error(string line, string? error) => Assert.Equal(error, DockerEngine.ErrorIn(line));

    [Theory]
    [InlineData("{\"message\":\"no space left on device\"}", "no space left on device")]
    [InlineData("<html>bad gateway</html>", "<html>bad gateway</html>")]
    public async Task The_engines_own_message_is_quoted(string body, string quoted)
    {
        await using var fake = new FakeEngine(_ => $"500 Internal Server Error\n{body}");
        using var engine = new DockerEngine(fake.Host, TimeProvider.System);
        var failed = await Assert.ThrowsAsync<ProblemException>(() => engine.InfoAsync(default));
        Assert.Equal(TargetProblems.EngineRefused, failed.Problem.Info);
        Assert.EndsWith($"answered 500: {quoted}", failed.Problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.41", "v1.41")]
    [InlineData("1.52", "v1.44")]
    public async Task Both_sides_speak_the_older_of_their_versions(string api, string spoken)
    {
        await using var fake = new FakeEngine(_ => "404 Not Found\n{}", api);
        using var engine = new DockerEngine(fake.Host, TimeProvider.System);
        Assert.Null(await engine.FindContainerAsync("backend-blue-1", default));
        Assert.StartsWith($"GET /{spoken}/containers/backend-blue-1/json ", fake.Requests.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_is_too_old_is_refused()
    {
        await using var fake = new FakeEngine(_ => "200 OK\n{}", "1.40");
        using var engine = new DockerEngine(fake.Host, TimeProvider.System);
        Assert.Equal(TargetProblems.EngineTooOld, (await Assert.ThrowsAsync<ProblemException>(() => engine.InfoAsync(default))).Problem.Info);
    }

    [Fact]
    public async Task An_engine_that_is_away_is_named_with_its_socket()
    {
        using var engine = new DockerEngine(new Uri("unix:///nowhere/docker.sock"), TimeProvider.System);
        var away = await Assert.ThrowsAsync<ProblemException>(() => engine.InfoAsync(default));
        Assert.Equal(TargetProblems.EngineAway, away.Problem.Info);
        Assert.Equal("unix:///nowhere/docker.sock", away.Problem.Where);
        Assert.Equal("the Docker engine does not answer: the socket does not exist", away.Problem.What);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_not_told_that_the_engine_is_slow()
    {
        await using var fake = new FakeEngine(_ => null);
        using var engine = new DockerEngine(fake.Host, TimeProvider.System);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.InfoAsync(patience.Token));
    }

    [Fact]
    public async Task No_change_is_made_by_one_who_no_longer_holds_the_deployment()
    {
        await using var fake = new FakeEngine(_ => "204 No Content\n");
        using var engine = new DockerEngine(fake.Host, TimeProvider.System) { BeforeChange = _ => throw new InvalidOperationException("fenced") };
        Func<Task>[] changes =
        [
            () => engine.StartAsync("c", default), () => engine.StopAsync("c", TimeSpan.Zero, default), () => engine.KillAsync("c", "SIGUSR2", default),
            () => engine.RemoveAsync("c", default), () => engine.RenameAsync("c", "d", default), () => engine.SetRestartPolicyAsync("c", "no", default),
            () => engine.PutFilesAsync("c", new Dictionary<string, string> { ["/a/b"] = "" }, default), () => engine.ConnectAsync("n", "c", null, default),
            () => engine.DisconnectAsync("n", "c", default), () => engine.CreateNetworkAsync("n", false, [], default), () => engine.TagAsync("i", "r", "t", default),
            () => engine.PullAsync("r", Digest, null, default),
        ];
        foreach (var change in changes)
            Assert.Equal("fenced", (await Assert.ThrowsAsync<InvalidOperationException>(change)).Message);
        // Reading what the engine speaks changes nothing, and comes before the proof so that nothing lies between proof and call.
        Assert.All(fake.Requests, request => Assert.StartsWith("GET /_ping ", request, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ghcr.io", "ghcr.io/acme/shop:v1", true)]
    [InlineData(null, "ghcr.io/acme/shop:v1", true)]
    [InlineData("ghcr.io", "evil.example/acme/shop:v1", false)]
    public async Task The_password_goes_to_its_own_registry_only(string? server, string reference, bool isSent)
    {
        await using var fake = new FakeEngine(line => line.Contains("/distribution/", StringComparison.Ordinal) ? $"200 OK\n{{\"Descriptor\":{{\"digest\":\"{Digest}\"}}}}" : "404 Not Found\n{}");
        using var engine = new DockerEngine(fake.Host, TimeProvider.System);
        var images = new ImageStore(engine, new RegistrySettings(server, "robot", new Secret("pass?word>")));
        Assert.Equal(Digest, (await images.ResolveAsync(reference, default)).Digest);
        var header = fake.Requests.Single(r => r.Contains("/distribution/", StringComparison.Ordinal)).Split("\r\n").SingleOrDefault(l => l.StartsWith("X-Registry-Auth: ", StringComparison.Ordinal));
        Assert.Equal(isSent, header is not null);
        if (header is not null)
            Assert.Contains("\"password\":\"pass?word", Encoding.UTF8.GetString(Convert.FromBase64String(header["X-Registry-Auth: ".Length..].Replace('-', '+').Replace('_', '/'))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500 Internal Server Error", "registry.example/shop:v1", "SD0608")]
    [InlineData("404 Not Found", "registry.example/shop:v1", "SD0606")]
    [InlineData("401 Unauthorized", "registry.example/shop:v1", "SD0607")]
    [InlineData("403 Forbidden", "shop:v1", "SD0607")]
    public async Task What_a_registry_refuses_is_told_apart(string status, string reference, string code)
    {
        await using var fake = new FakeEngine(line => line.Contains("/distribution/", StringComparison.Ordinal) ? $"{status}\n{{\"message\":\"no\"}}" : "404 Not Found\n{}");
        using var engine = new DockerEngine(fake.Host, TimeProvider.System);
        Assert.Equal(code, (await Assert.ThrowsAsync<ProblemException>(() => new ImageStore(engine, null).ResolveAsync(reference, default))).Problem.Code);
    }

    [Fact]
    public void Log_frames_are_joined_and_a_cut_one_is_kept()
    {
        byte[] frames = [1, 0, 0, 0, 0, 0, 0, 3, (byte)'a', 0xC3, 0xA9, 2, 0, 0, 0, 0, 0, 0, 9, (byte)'b', (byte)'c'];
        Assert.Equal("aébc", LogFrames.Text(frames));
        Assert.Equal("", LogFrames.Text([]));
    }
}
