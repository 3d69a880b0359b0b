using System.Diagnostics;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The real Dockerfile, built by the real engine on bases made locally; without the trimming that releases have.</summary>
public sealed class DockerfileTests
{
    private const string Tag = "safe-deploy-test/dockerfile:e2e";

    [Fact]
    public async Task The_image_has_program_grammar_and_client_and_answers_at_once()
    {
        await ContainerLabel.DockerAsync(
            "build", "-q", "--build-arg", "RELEASE=false", "--build-arg", "PG_CLIENT_MAJOR=15", "--label", "safe-deploy.test=1", "-t", Tag, TestServers.RepositoryRoot);
        var config = await ContainerLabel.DockerAsync("inspect", "--format", "{{json .Config.Entrypoint}} [{{.Config.User}}] {{index .Config.Labels \"org.opencontainers.image.title\"}}", Tag);
        Assert.Equal("[\"/opt/safe-deploy/safe-deploy\"] [] safe-deploy", config.Trim());
        Assert.StartsWith("pg_dump (PostgreSQL) 15.", await RunAsync("--entrypoint", "pg_dump", Tag, "--version"), StringComparison.Ordinal);
        // Judged by the grammar inside, with an input whose hyphen a shell would have dropped.
        var folder = Path.Combine(TestServers.RepositoryRoot, "tests", "samples", "sql-files", "releases", "v2", "db");
        string[] action = ["-e", "GITHUB_ACTIONS=true", "-e", "INPUT_FILES=tenant", "-e", "INPUT_JOB-STATUS=success", "-v", $"{folder}:/github/workspace:ro", "--workdir", "/github/workspace"];
        Assert.Contains("::stop-commands::", await RunAsync([.. action, "-e", "INPUT_CONFIG=../missing.yml", Tag, "action", "preflight"], mayFail: true), StringComparison.Ordinal);
        // The post of a step that nothing can go back from says nothing: the link's name alone tells main from post.
        Assert.Equal("", await RunAsync([.. action, "--entrypoint", "/opt/safe-deploy/safe-deploy-post", Tag, "action", "plan"]));
    }

    private static Task<string> RunAsync(params string[] arguments) => RunAsync(arguments, mayFail: false);

    private static async Task<string> RunAsync(string[] arguments, bool mayFail)
    {
        using var docker = Process.Start(new ProcessStartInfo("docker", ["run", "--rm", "--label", "safe-deploy.test=1", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = docker.StandardOutput.ReadToEndAsync();
        var error = await docker.StandardError.ReadToEndAsync();
        await docker.WaitForExitAsync();
        var text = await said;
        Assert.True(mayFail || docker.ExitCode == 0, $"{text}{error}");
        return text;
    }
}
