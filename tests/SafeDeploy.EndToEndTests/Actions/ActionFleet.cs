using SafeDeploy.EndToEndTests.Actions.OnHosts;
using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>Three tenants without an image, deployed by the action in jobs of the test runner.</summary>
public sealed class ActionFleet : IAsyncDisposable
{
    /// <summary>Lines that an old epoch wrote after a new one's first.</summary>
    public const string AfterTheFence =
        "select count(*) from safe_deploy.entry a join safe_deploy.entry b on b.deployment = a.deployment and b.epoch > a.epoch and b.sequence < a.sequence";

    private readonly string _home = Directory.CreateTempSubdirectory("sd-job-").FullName;
    private int _jobs;

    private ActionFleet(Sample sample) => Sample = sample;

    public Sample Sample { get; }

    public string Label { get; } = $"safe-deploy-test.job={Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>Of the database's administrator: it must be read nowhere.</summary>
    public static string Password => Uri.UnescapeDataString(TestServers.Postgres.UserInfo.Split(':', 2)[1]);

    /// <param name="second">The migration that is pending: forward, and back or null.</param>
    public static async Task<ActionFleet> CreateAsync(string second, string? back)
    {
        var fleet = new ActionFleet(await Fleet.WithItemsAsync());
        fleet.Sample.Migration("000002_second", second, back);
        return fleet;
    }

    /// <summary>Adds a column; each tenant takes that long.</summary>
    public static Task<ActionFleet> SlowAsync(double seconds) => CreateAsync(
        FormattableString.Invariant($"alter table item add column note text; select pg_sleep({seconds});"), "alter table item drop column note;");

    /// <summary>A job with a workspace of its own: the configuration and its migrations as a checkout has them.</summary>
    public JobHost Job(Func<JobOptions, JobOptions>? change = null)
    {
        var options = new JobOptions(Path.Combine(_home, $"{++_jobs}"), Label)
        {
            Env = [("DATABASE_URL", Sample.Database.UrlFromContainers)],
            InterruptWait = TimeSpan.FromSeconds(20),
            TerminateWait = TimeSpan.FromSeconds(5),
        };
        options = change?.Invoke(options) ?? options;
        var job = new JobHost(options);
        Workspace = options.Workspace;
        Checkout.OfFleet(Sample, options.Workspace);
        return job;
    }

    /// <summary>Of the job made last.</summary>
    public string Workspace { get; private set; } = "";

    public static async Task<JobStep> StepAsync(string verb, params (string Name, string Value)[] with) =>
        new(verb) { Uses = await ProductImage.FaceAsync(verb), With = [.. with.Prepend(("environment", ""))] };

    /// <summary>The newest version of every tenant, each once: one element means no mix.</summary>
    public Task<string[]> VersionsAsync() => Sample.TenantVersionsAsync();

    /// <summary>How the ledger says the last deployment ended, or <c>open</c>.</summary>
    public Task<string> EndAsync() => FleetEnd.OfAsync(Sample);

    public Task<long> CountAsync(string sql) => Sample.Database.ScalarAsync<long>(sql);

    public async ValueTask DisposeAsync()
    {
        var left = await ContainerLabel.DockerAsync("ps", "-aq", "--filter", $"label={Label}");
        if (left.Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } ids)
            await ContainerLabel.DockerAsync(["rm", "-f", .. ids]);
        await Sample.DisposeAsync();
        // The workspace holds files of the container's root.
        Directory.Delete(_home, recursive: true);
    }
}
