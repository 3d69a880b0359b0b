namespace SafeDeploy.DatabaseTests.Samples;

/// <summary>The sample's backend is as good and as bad as its README says.</summary>
public sealed class SampleBackendTests
{
    private static readonly (string, string) Forwarded = ("X-Forwarded-For", "192.0.2.1");

    [Theory]
    [InlineData("v1", "v1", 200)]
    [InlineData("v1", "v3", 200)]
    [InlineData("v2", "v1", 503)]
    [InlineData("v2", "v3", 200)]
    [InlineData("v2", "v5", 503)]
    [InlineData("v5", "v5", 200)]
    [InlineData("v2", "v6", 503)]
    [InlineData("v6", "v6", 200)]
    public async Task A_release_is_ready_and_works_only_where_its_columns_are(string version, string schema, int readiness)
    {
        await using var sample = await SampleReleasesTests.AtAsync(schema, tenants: 2);
        await using var backend = await SampleBackend.Start(sample, version).AnsweringAsync();

        Assert.Equal((200, version), await StatusAndVersionAsync(backend, "/health/liveness"));
        Assert.Equal((readiness, version), await StatusAndVersionAsync(backend, "/health/readiness"));
        Assert.Equal(readiness == 200 ? 200 : 500, (await backend.AskAsync("/")).Status);
        Assert.Equal(readiness == 200 ? 201 : 500, (await backend.AskAsync("/sales", "POST")).Status);
    }

    [Fact]
    public async Task One_tenant_that_lacks_a_column_makes_a_release_not_ready()
    {
        await using var sample = await SampleReleasesTests.AtAsync("v2", tenants: 3);
        await sample.Database.ExecuteAsync("alter table tenant_002.sale drop column customer_name");
        await using var backend = await SampleBackend.Start(sample, "v2").AnsweringAsync();
        var (status, body, _) = await backend.AskAsync("/health/readiness");
        Assert.Equal(503, status);
        Assert.Contains("tenant_002.sale.customer_name", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_sees_and_writes_its_own_sales_only()
    {
        await using var sample = await SampleReleasesTests.AtAsync("v1", tenants: 1);
        await using var backend = await SampleBackend.Start(sample, "v1").AnsweringAsync();
        Assert.Equal(201, (await backend.AskAsync("/sales?fiscal=1", "POST", ("X-Branch", "2"))).Status);
        Assert.Contains("\"sales\":100,", (await backend.AskAsync("/", "GET", ("X-Branch", "1"))).Body, StringComparison.Ordinal);
        Assert.Contains("\"sales\":101,", (await backend.AskAsync("/", "GET", ("X-Branch", "2"))).Body, StringComparison.Ordinal);
        Assert.Equal(61L, await sample.Database.ScalarAsync<long>("select count(*) from tenant_001.\"NfceDocumento\""));

        // The policy itself, not the backend's good manners.
        await sample.Database.ExecuteAsync("alter table tenant_001.sale disable row level security");
        Assert.Contains("\"sales\":301,", (await backend.AskAsync("/", "GET", ("X-Branch", "1"))).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tenant_that_is_not_in_the_registry_is_not_found()
    {
        await using var sample = await SampleReleasesTests.AtAsync("v1", tenants: 1);
        await using var backend = await SampleBackend.Start(sample, "v1").AnsweringAsync();
        Assert.Equal(404, (await backend.AskAsync("/", "GET", ("X-Tenant", "public"))).Status);
        Assert.Equal(404, (await backend.AskAsync("/sales", "POST", ("X-Tenant", "a\"b"))).Status);
    }

    [Theory]
    [InlineData("not-ready", 200, 503, 200, 200, "v2")]
    [InlineData("lies-about-version", 200, 200, 200, 200, "v1")]
    [InlineData("errors-inside", 200, 200, 500, 500, "v2")]
    [InlineData("bad-after-switch", 200, 200, 200, 500, "v2")]
    [InlineData("hangs", 0, 0, 0, 0, "")]
    public async Task A_bad_image_is_bad_in_its_own_way(string behaviour, int liveness, int readiness, int page, int forwarded, string version)
    {
        await using var sample = await SampleReleasesTests.AtAsync("v2", tenants: 1);
        await using var backend = SampleBackend.Start(sample, "v2", behaviour);
        if (behaviour is "hangs")
            await Eventually.Async(() => ListensAsync(backend.Address), TimeSpan.FromSeconds(20));
        else
            await backend.AnsweringAsync();
        Assert.Equal((liveness, version), await StatusAndVersionAsync(backend, "/health/liveness"));
        Assert.Equal(readiness, (await backend.AskAsync("/health/readiness")).Status);
        Assert.Equal(page, (await backend.AskAsync("/")).Status);
        Assert.Equal(forwarded, (await backend.AskAsync("/", "GET", Forwarded)).Status);
    }

    [Fact]
    public async Task An_image_that_exits_ends_with_code_3()
    {
        await using var sample = await SampleDatabase.CreateAsync(tenants: 1);
        await using var backend = SampleBackend.Start(sample, "v2", "exits");
        Assert.Equal(3, await backend.ExitCodeAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_worker_closes_the_sales_of_every_branch_until_it_is_stopped()
    {
        await using var sample = await SampleReleasesTests.AtAsync("v1", tenants: 1);
        await sample.Database.ExecuteAsync("update tenant_001.sale set closed_at = null where id <= 30");
        await using var worker = SampleBackend.Start(sample, "v1", arguments: "worker");
        await Eventually.Async(async () => await sample.Database.ScalarAsync<long>("select count(*) from tenant_001.sale where closed_at is null") == 0, TimeSpan.FromSeconds(20));
        await worker.TerminateAsync();
        Assert.Equal(0, await worker.ExitCodeAsync(TimeSpan.FromSeconds(10)));
    }

    private static async Task<(int, string)> StatusAndVersionAsync(SampleBackend backend, string path)
    {
        var (status, _, version) = await backend.AskAsync(path);
        return (status, version);
    }

    private static async Task<bool> ListensAsync(Uri address)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            await client.ConnectAsync(address.Host, address.Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
