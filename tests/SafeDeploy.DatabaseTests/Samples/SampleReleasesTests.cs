using Npgsql;

namespace SafeDeploy.DatabaseTests.Samples;

/// <summary>The sample's migrations do what its README says; otherwise the end-to-end tests would test something else.</summary>
public sealed class SampleReleasesTests
{
    [Theory]
    [InlineData("v2", "v1")]
    [InlineData("v3", "v2")]
    [InlineData("v5", "v3")]
    public async Task A_release_taken_back_leaves_the_very_schema_and_data_it_found(string release, string older)
    {
        await using var sample = await AtAsync(older, tenants: 3);
        var before = await sample.DumpAsync();

        await sample.ForwardAsync(release, older);
        Assert.NotEqual(before, await sample.DumpAsync());
        await sample.BackAsync(release, older);
        Assert.Equal(before, await sample.DumpAsync());

        await sample.ForwardAsync(release, older);
    }

    [Theory]
    [InlineData(20, "tenant_013")]
    [InlineData(5, "tenant_005")]
    public async Task Release_v4_fails_in_one_tenant_after_its_rename_was_applied_there(int tenants, string failing)
    {
        await using var sample = await AtAsync("v3", tenants);
        var before = await sample.DumpAsync();
        var (rename, unique) = Added("v4", "v3") is [var first, var second] ? (first, second) : throw new InvalidOperationException("two files");

        var failed = new List<(string Tenant, string State)>();
        foreach (var tenant in await sample.TenantsAsync())
        {
            await sample.RunFileAsync(tenant, rename);
            if (await FailureOfAsync(sample, tenant, unique) is { } state)
                failed.Add((tenant, state));
        }

        Assert.Equal([(failing, PostgresErrorCodes.UniqueViolation)], failed);
        foreach (var tenant in await sample.TenantsAsync())
        {
            if (tenant != failing)
                await sample.RunFileAsync(tenant, SampleDatabase.DownOf(unique));
            await sample.RunFileAsync(tenant, SampleDatabase.DownOf(rename));
        }

        Assert.Equal(before, await sample.DumpAsync());
    }

    [Fact]
    public void Release_v6_has_no_way_back()
    {
        var file = Assert.Single(Added("v6", "v3"));
        Assert.False(File.Exists(SampleDatabase.DownOf(file)));
        Assert.Contains("irreversible", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v1", "v2")]
    [InlineData("v2", "v3")]
    [InlineData("v3", "v4")]
    [InlineData("v3", "v5")]
    [InlineData("v3", "v6")]
    public void A_release_holds_every_file_of_the_one_it_builds_upon_unchanged(string older, string newer)
    {
        var folder = Path.Combine(SampleDatabase.Folder, "releases", older);
        foreach (var file in Directory.EnumerateFiles(folder, "*.sql", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(SampleDatabase.Folder, "releases", newer, Path.GetRelativePath(folder, file));
            Assert.True(File.Exists(copy), copy);
            Assert.Equal(File.ReadAllText(file), File.ReadAllText(copy));
        }
    }

    [Fact]
    public async Task The_seed_is_the_same_in_every_run_and_changes_nothing_when_repeated()
    {
        await using var first = await AtAsync("v1", tenants: 2);
        await using var second = await AtAsync("v1", tenants: 2);
        var dump = await first.DumpAsync();
        await first.SeedDataAsync();
        Assert.Equal(dump, await first.DumpAsync());
        Assert.Equal(dump.Replace(first.Database.Name, "", StringComparison.Ordinal), (await second.DumpAsync()).Replace(second.Database.Name, "", StringComparison.Ordinal));
    }

    internal static async Task<SampleDatabase> AtAsync(string release, int tenants)
    {
        var sample = await SampleDatabase.CreateAsync(tenants);
        await sample.ForwardAsync("v1", null);
        await sample.SeedDataAsync();
        if (release != "v1")
            await sample.ForwardAsync(release, "v1");
        return sample;
    }

    private static IReadOnlyList<string> Added(string release, string older) => SampleDatabase.Added(release, older, "tenant");

    private static async Task<string?> FailureOfAsync(SampleDatabase sample, string tenant, string file)
    {
        try
        {
            await sample.RunFileAsync(tenant, file);
            return null;
        }
        catch (PostgresException failure)
        {
            return failure.SqlState;
        }
    }
}
