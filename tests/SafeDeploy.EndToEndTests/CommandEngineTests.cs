using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>A program of somebody else's migrates the tenants: Django, with its own history in each schema.</summary>
public sealed class CommandEngineTests
{
    private static readonly string Project = Path.Combine(TestServers.RepositoryRoot, "tests", "samples", "django");

    [Fact]
    public async Task A_fleet_is_brought_forward_by_Django_and_back_when_it_fails_on_one_tenant()
    {
        await using var sample = await Sample.EmptyAsync();
        Copy(sample, "migrate-tenant", "settings.py", "shop/__init__.py", "shop/migrations/__init__.py", "shop/migrations/0001_item.py");
        sample.Configure(await File.ReadAllTextAsync(Path.Combine(Project, "safe-deploy.yml")));
        await sample.DeployAsync("v1");
        Assert.Equal(["0001_item"], await HistoriesAsync(sample));

        await sample.Database.ExecuteAsync("insert into tenant_002.shop_item (code) values ('b'), ('b')");
        Copy(sample, "shop/migrations/0002_item_code_once.py");
        var before = await sample.StructureAsync();
        var run = await sample.RunAsync("v2", "run");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal(["0001_item"], await HistoriesAsync(sample));
        Assert.Equal(before, await sample.StructureAsync());
        Golden.Verify(Normal.Text($"{run.Problems[0]}\n\n{run.Out}", sample), "Django_fails_on_one_tenant");
    }

    private static void Copy(Sample sample, params string[] files)
    {
        foreach (var file in files)
        {
            var copy = Path.Combine(sample.Home, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(Project, file), copy);
        }
    }

    /// <summary>What Django's own tables say, each answer once: one element means no mix.</summary>
    private static async Task<string[]> HistoriesAsync(Sample sample)
    {
        var histories = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tenant in (string[])["tenant_001", "tenant_002", "tenant_003"])
            histories.Add(await sample.Database.ScalarAsync<string>($"select string_agg(name, ' ' order by name) from {tenant}.django_migrations") ?? "none");
        return [.. histories];
    }
}
