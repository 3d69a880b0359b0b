using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Actions.OnHosts;

/// <summary>The sample's six releases with their containers, each by a job of one <c>run</c>, on one host.</summary>
public abstract class HostReleases(string host) : IAsyncLifetime
{
    public static readonly string[] Versions = ["v1", "v2", "v3", "v4", "v5", "v6"];

    private readonly Dictionary<string, (ReleaseEnd, string)> _played = [];

    public string Host => host;

    /// <summary>How a release ended, and what was printed and shown of it.</summary>
    public (ReleaseEnd End, string Told) this[string version] => _played[version];

    public async Task InitializeAsync()
    {
        var checkout = Directory.CreateTempSubdirectory("sd-checkout-").FullName;
        try
        {
            Checkout.OfSample(checkout);
            await using var sample = await Sample.EmptyAsync();
            await using var jobs = HostJobs.On(host, sample, checkout);
            foreach (var version in Versions)
                _played[version] = await PlayAsync(sample, jobs, version);
        }
        finally
        {
            Directory.Delete(checkout, recursive: true);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private static async Task<(ReleaseEnd, string)> PlayAsync(Sample sample, HostJobs jobs, string version)
    {
        var end = await jobs.RunAsync(new HostStep("run")
        {
            Variables =
            [
                .. sample.Variables(version).Where(v => v.Name is not ("DATABASE_URL" or "BACKUPS" or "SOAK")), ("SOAK", "500ms"),
                // The later releases hold traffic, and are risky on purpose.
                .. version is "v4" or "v5" or "v6" ? new[] { ("MAINTENANCE", "allowed"), ("RISK", "never") } : [],
            ],
        });
        if (version == "v1" && end.Main == 0)
            await sample.SqlFileAsync("seed/data.sql");
        var at = (await sample.VersionsAsync()).GroupBy(v => v.Value, v => v.Key).Select(g => $"{string.Join(' ', g)} at {g.Key}");
        return (
            new ReleaseEnd(end.Colour, end.Main, end.Post, end.Result, await FleetEnd.OfAsync(sample), await FleetEnd.DecisionAsync(sample), await sample.FrontAsync(), string.Join(", ", at)),
            $"{Normal.Text(end.Log, sample)}\n\n=== shown at the job\n{Normal.Markdown(end.Summary, sample)}");
    }
}

/// <param name="Decision">Letter of the way back; empty where none was decided.</param>
/// <param name="Serves">Status and version of one request through the front.</param>
/// <param name="At">Where every scope stands.</param>
public sealed record ReleaseEnd(JobColour Colour, int? Main, int? Post, string Result, string Conclusion, string Decision, string Serves, string At);

public sealed class GitHubReleases() : HostReleases("github");

public sealed class AzureReleases() : HostReleases("azure");

public sealed class GitLabReleases() : HostReleases("gitlab");
