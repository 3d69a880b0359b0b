using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The examples that need no image, played one after the other on two databases; <see cref="ChainTests"/> plays those that do.</summary>
public sealed class ExamplesTests : IAsyncLifetime
{
    private const string Event = """{"pull_request":{"number":12,"head":{"sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","repo":{"full_name":"acme/pos"}},"base":{"repo":{"full_name":"acme/pos"}}}}""";

    private readonly string _home = Directory.CreateTempSubdirectory("sd-examples-").FullName;
    private readonly string _label = $"safe-deploy-test.job={Guid.NewGuid().ToString("N")[..8]}";
    private readonly FakeGitHub _github = new(Contracts.GitHub, TestServers.PostgresFromContainers.Host);
    private Sample _one = null!;
    private Sample _two = null!;
    private int _runs = 100;

    public async Task InitializeAsync()
    {
        (_one, _two) = (await Fleet.WithItemsAsync(), await Fleet.WithItemsAsync());
        var workspace = Path.Combine(new JobOptions(_home, _label).Workspace, "db", "tenant");
        Directory.CreateDirectory(workspace);
        _one.Migration("000002_note", "alter table item add column note text;", "alter table item drop column note;");
        foreach (var file in Directory.GetFiles(Path.Combine(_one.Home, "db", "tenant")))
            File.Copy(file, Path.Combine(workspace, Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(workspace, "..", "..", "safe-deploy.yml"), Fleet.Config + "environments: { prod: {} }\n");
    }

    public async Task DisposeAsync()
    {
        foreach (var sample in (Sample?[])[_one, _two])
            if (sample is not null)
                await sample.DisposeAsync();
        await _github.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task Every_example_ends_as_it_promises()
    {
        _github.Files.Add("db/tenant/000002_note.up.sql");
        await PlayAsync("pull-request.yml", "plan: Success");
        Assert.Contains(_github.Calls, c => c.Path.EndsWith("/check-runs", StringComparison.Ordinal));

        await PlayAsync("database-only.yml", "migrate: Success");
        Assert.Equal(["000002"], await _one.TenantVersionsAsync());

        // Without an image nothing but the schema can go back, and an addition goes only where that is asked for.
        await PlayAsync("manual-rollback.yml", "rollback: Success", ("ROLLBACK_DATABASE", "reverse"));
        Assert.Equal(["000001"], await _one.TenantVersionsAsync());

        await PlayAsync("shards.yml", "preflight 1: Success, preflight 2: Success, canary: Success, others: Success");
        Assert.Equal(["000002"], await _one.TenantVersionsAsync());
        Assert.Equal(["000002"], await _two.TenantVersionsAsync());

        // The second shard fails: it alone goes back.
        await MigrationAsync("000003_one_code", "create unique index item_code on item (code);", "drop index item_code;");
        await _one.Database.ExecuteAsync("delete from tenant_002.item");
        await PlayAsync("shards.yml", "preflight 1: Success, preflight 2: Success, canary: Success, others: Failure, recover 1: Success, recover 2: Success");
        Assert.Equal(["000003"], await _one.TenantVersionsAsync());
        Assert.Equal(["000002"], await _two.TenantVersionsAsync());
        Assert.Empty(_github.Complaints);
    }

    private async Task MigrationAsync(string name, string forward, string back)
    {
        var folder = Path.Combine(new JobOptions(_home, _label).Workspace, "db", "tenant", name);
        await File.WriteAllTextAsync($"{folder}.up.sql", forward + "\n");
        await File.WriteAllTextAsync($"{folder}.down.sql", back + "\n");
    }

    private async Task PlayAsync(string example, string expected, params (string, string)[] env)
    {
        var number = ++_runs;
        var options = new JobOptions(_home, _label)
        {
            Event = Event,
            Env = [.. env],
            RunId = number.ToString(CultureInfo.InvariantCulture),
            RefName = $"v{number}",
            ApiUrl = _github.Url,
        };
        var world = new WorkflowWorld(_ => options, ProductImage.UsedAsync)
        {
            Contexts = new Dictionary<string, object?>
            {
                ["secrets"] = new Dictionary<string, object?>
                {
                    ["DATABASE_URL"] = _one.Database.UrlFromContainers,
                    ["DATABASE_URL_ONE"] = _one.Database.UrlFromContainers,
                    ["DATABASE_URL_TWO"] = _two.Database.UrlFromContainers,
                },
                ["inputs"] = new Dictionary<string, object?> { ["to"] = "", ["reason"] = "customers complain", ["execute"] = true },
            }.ToImmutableDictionary(),
        };
        var workflow = Workflow.Load(Path.Combine(TestServers.RepositoryRoot, "action", "examples", example));
        // Two databases stand for three.
        workflow = workflow with { Jobs = [.. workflow.Jobs.Select(j => j with { Matrix = [.. j.Matrix.Where(m => !Equals(m.GetValueOrDefault("shard"), "THREE"))] })] };
        var jobs = await new WorkflowHost(workflow, world).RunAsync();
        Assert.True(expected == string.Join(", ", jobs.Select(j => $"{j.Id}: {j.Report.Conclusion}")), $"{example}\n{string.Join('\n', jobs.Select(j => $"{j.Id}: {j.Report.Conclusion}\n{j.Report.Everything}"))}");
    }
}
