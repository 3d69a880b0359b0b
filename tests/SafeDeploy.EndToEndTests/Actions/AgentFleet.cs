using SafeDeploy.EndToEndTests.Actions.OnHosts;
using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>Three tenants without an image, deployed by the task in jobs of the mini agent; the address of the database is a secret variable that nobody maps.</summary>
public sealed class AgentFleet : IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("sd-agent-").FullName;
    private readonly FakeAzure _azure = new(AzureContracts.Load());
    private int _jobs;

    private AgentFleet(Sample sample) => Sample = sample;

    public Sample Sample { get; }

    public FakeAzure Azure => _azure;

    /// <param name="second">The migration that is pending: forward, and back or null.</param>
    public static async Task<AgentFleet> CreateAsync(string second, string? back)
    {
        var fleet = new AgentFleet(await Fleet.WithItemsAsync());
        fleet.Sample.Migration("000002_second", second, back);
        return fleet;
    }

    public static Task<AgentFleet> SlowAsync(double seconds) => CreateAsync(
        FormattableString.Invariant($"alter table item add column note text; select pg_sleep({seconds});"), "alter table item drop column note;");

    /// <param name="variables">Of the pipeline, beside its secret one.</param>
    public AgentJob Job(string buildId = "4711", params (string Name, string Value)[] variables)
    {
        var options = new AgentOptions(Path.Combine(_home, $"{++_jobs}"), _azure.Url + "/")
        {
            Variables = [("DATABASE_URL", Sample.Database.Url, true), .. variables.Select(v => (v.Name, v.Value, false))],
            BuildId = buildId,
            InterruptWait = TimeSpan.FromSeconds(20),
            TerminateWait = TimeSpan.FromSeconds(5),
        };
        Workspace = options.Workspace;
        Checkout.OfFleet(Sample, options.Workspace);
        return new AgentJob(options);
    }

    /// <summary>Of the job made last.</summary>
    public string Workspace { get; private set; } = "";

    public static AgentTask Task(string step, params (string Name, string Value)[] inputs) => new(step, TaskFolder.Path, [("step", step), .. inputs]);

    public Task<string[]> VersionsAsync() => Sample.TenantVersionsAsync();

    public Task<string> EndAsync() => FleetEnd.OfAsync(Sample);

    public Task<long> CountAsync(string sql) => Sample.Database.ScalarAsync<long>(sql);

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_azure.Complaints);
        await _azure.DisposeAsync();
        await Sample.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }
}
