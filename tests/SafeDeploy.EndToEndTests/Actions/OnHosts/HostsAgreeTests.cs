namespace SafeDeploy.EndToEndTests.Actions.OnHosts;

/// <summary>The same sample and the same failures come to the same end on every CI host; what each prints is its golden.</summary>
public abstract class HostsAgreeTests(HostReleases releases)
{
    /// <summary>One table for all hosts.</summary>
    private static readonly Dictionary<string, ReleaseEnd> Ends = new(StringComparer.Ordinal)
    {
        ["v1"] = new(JobColour.Green, 0, 0, "succeeded", "deployed", "", "200 v1", "public at 000001, tenant_001 tenant_002 tenant_003 at 000003"),
        ["v2"] = new(JobColour.Green, 0, 0, "succeeded", "deployed", "", "200 v2", "public at 000002, tenant_001 tenant_002 tenant_003 at 000005"),
        ["v3"] = new(JobColour.Red, 1, 0, "failed", "rolled-back", "b", "200 v2", "public at 000002, tenant_001 tenant_002 tenant_003 at 000006"),
        ["v4"] = new(JobColour.Red, 1, 0, "failed", "rolled-back", "c", "200 v2", "public at 000002, tenant_001 tenant_002 tenant_003 at 000006"),
        ["v5"] = new(JobColour.Red, 1, 0, "failed", "rolled-back", "e", "200 v2", "public at 000002, tenant_001 tenant_002 tenant_003 at 000006"),
        ["v6"] = new(JobColour.Red, 2, 0, "person-needed", "forbidden", "f", "500 v6", "public at 000002, tenant_001 tenant_002 tenant_003 at 000010"),
    };

    public static TheoryData<string> Versions() => [.. HostReleases.Versions];

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_release_ends_on_this_host_as_on_every_other(string version)
    {
        var (end, told) = releases[version];
        Assert.True(Ends[version] == end, $"{end}\n{told}");
        Golden.Verify(told, $"Host_{releases.Host}_{version}");
    }
}

public sealed class HostsAgreeOnGitHubTests(GitHubReleases releases) : HostsAgreeTests(releases), IClassFixture<GitHubReleases>;

public sealed class HostsAgreeOnAzureTests(AzureReleases releases) : HostsAgreeTests(releases), IClassFixture<AzureReleases>;

public sealed class HostsAgreeOnGitLabTests(GitLabReleases releases) : HostsAgreeTests(releases), IClassFixture<GitLabReleases>;
