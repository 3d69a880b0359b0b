using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Yaml;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.Tests.Cli;

/// <summary><c>init</c> on projects as they are found: what it writes is valid as it stands, and it never writes over anything.</summary>
public sealed class InitTests : IDisposable
{
    private readonly string _home = Directory.CreateDirectory(Path.Combine(Directory.CreateTempSubdirectory("init-").FullName, "point of sale")).FullName;

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_home)!, recursive: true);

    [Fact]
    public async Task A_project_with_tenants_and_an_image()
    {
        Write("db/public/000001_plan.up.sql", "create table plan (id int);");
        Write("db/public/000001_plan.down.sql", "drop table plan;");
        Write("db/tenant/000001_sale.up.sql", "create table sale (id int);");
        Write("db/tenant/000001_sale.down.sql", "drop table sale;");
        Write("Dockerfile", "FROM x\nEXPOSE 8000\nHEALTHCHECK CMD curl -f http://localhost:8000/health/liveness\n");
        Write("docker-compose.yml", "services:\n  db:\n    image: postgres:15\n  app:\n    build: .\n    image: ghcr.io/acme/backend:dev\n");
        Write("src/app.py", "@app.get('/health/readiness')\n");
        Write(".github/workflows/ci.yml", "on: push\n");
        var called = await Called.InAsync(_home, "init");
        Assert.True(called.Code == 0, called.ToString());
        Golden.Verify($"{called}\n--- safe-deploy.yml\n{Read("safe-deploy.yml")}\n--- deploy.yml\n{Read(".github/workflows/deploy.yml")}");
        await ValidAsync();
    }

    [Theory]
    [InlineData("azure-pipelines.yml", "azure-pipelines.deploy.yml")]
    [InlineData(".gitlab-ci.yml", "deploy.gitlab-ci.yml")]
    [InlineData("README.md", ".github/workflows/deploy.yml")]
    public async Task An_empty_project_on_any_host_gets_a_valid_beginning(string found, string written)
    {
        Write(found, "");
        Assert.Equal(0, (await Called.InAsync(_home, "init")).Code);
        Assert.True(File.Exists(Path.Combine(_home, written)));
        await ValidAsync();
    }

    [Fact]
    public async Task The_jobs_for_gitlab_are_accepted_there_and_have_a_hook_and_a_recovery()
    {
        Write(".gitlab-ci.yml", "");
        Assert.Equal(0, (await Called.InAsync(_home, "init")).Code);
        var jobs = GitLabPipeline.Parse(Read("deploy.gitlab-ci.yml")).Jobs(new Dictionary<string, string> { ["CI_COMMIT_TAG"] = "v1" });
        Assert.Equal([("deploy", "on_success"), ("recover", "on_failure")], jobs.Select(j => (j.Name, j.When)));
        Assert.Equal("safe-deploy action run --post", Assert.Single(jobs[0].AfterScript));
    }

    [Fact]
    public async Task Names_that_an_enemy_chose_stay_text()
    {
        Write("db/a\"}\n${HOME} # x/tenant/000001_sale.up.sql", "select 1;");
        Write("db/flyway: [/V1__x.sql", "select 1;");
        Assert.Equal(0, (await Called.InAsync(_home, "init")).Code);
        await ValidAsync();
    }

    [Fact]
    public async Task A_file_that_is_there_is_kept()
    {
        Write("safe-deploy.yml", "mine");
        var called = await Called.InAsync(_home, "init");
        Assert.Contains("kept as it is: safe-deploy.yml", called.Out, StringComparison.Ordinal);
        Assert.Contains("written: .github/workflows/deploy.yml", called.Out, StringComparison.Ordinal);
        Assert.Equal("mine", Read("safe-deploy.yml"));
    }

    private async Task ValidAsync()
    {
        var variables = ImmutableDictionary<string, string>.Empty.Add("DATABASE_URL", "postgres://a:b@db/pos").Add("VERSION", "v1");
        var reading = await ConfigFile.ReadAsync(Path.Combine(_home, "safe-deploy.yml"), new ConfigRequest(null, variables, []), default);
        Assert.True(reading.Problems.IsEmpty, ProblemText.Of(reading.Problems) + Read("safe-deploy.yml"));
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_home, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private string Read(string path) => File.ReadAllText(Path.Combine(_home, path));
}
