using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>The sample's six releases, played in their order on one database with 13 tenants, of which v4 fails in the last, each as a pipeline would call it.</summary>
public sealed class SixReleases : IAsyncLifetime
{
    private static readonly (string, string)[] Risky = [("MAINTENANCE", "allowed"), ("RISK", "never")];

    public Sample Sample { get; private set; } = null!;

    public Dictionary<string, Played> Releases { get; } = [];

    /// <summary>v5 once more, without leave to hold traffic.</summary>
    public Played Refused { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Sample = await Sample.EmptyAsync(tenants: 13);
        Sample.Replicas = 2;
        Releases["v1"] = await Sample.PlayAsync("v1");
        await Sample.SqlFileAsync("seed/data.sql");
        Releases["v2"] = await Sample.PlayAsync("v2");
        Releases["v3"] = await Sample.PlayAsync("v3");
        Refused = await Sample.PlayAsync("v5", ("RISK", "never"));
        foreach (var version in new[] { "v4", "v5", "v6" })
            Releases[version] = await Sample.PlayAsync(version, Risky);
    }

    public async Task DisposeAsync()
    {
        if (Sample is not null)
            await Sample.DisposeAsync();
    }
}

/// <summary>How each release ends: what the program says, and what the servers say.</summary>
public sealed class ReleaseTests(SixReleases six) : IClassFixture<SixReleases>
{
    [Fact]
    public async Task The_first_release_is_deployed_and_serves()
    {
        var v1 = six.Releases["v1"];
        Ended("0 deployed -", v1);
        Assert.Equal("nobody", v1.Before.Front);
        Assert.Equal("200 v1", v1.After.Front);
        Assert.Equal(["000003"], v1.After.TenantVersions);
        Assert.Equal(await six.Sample.RunningAsync("v1"), v1.After.Running);
    }

    [Fact]
    public async Task A_release_that_only_adds_is_deployed_beside_the_old_one()
    {
        var v2 = six.Releases["v2"];
        Ended("0 deployed -", v2);
        Assert.Equal("200 v2", v2.After.Front);
        Assert.Equal(["000005"], v2.After.TenantVersions);
        Assert.Equal("000002", v2.After.Versions["public"]);
        Assert.Equal(await six.Sample.RunningAsync("v2"), v2.After.Running);
    }

    [Fact]
    public async Task A_release_that_answers_500_goes_back_and_its_expand_stays()
    {
        var v3 = six.Releases["v3"];
        Ended("1 rolled-back b", v3);
        Assert.Equal("200 v2", v3.After.Front);
        Assert.Equal(["000006"], v3.After.TenantVersions);
        Assert.DoesNotContain(" v3 ", v3.After.Containers, StringComparison.Ordinal);
        Assert.Equal(await six.Sample.RunningAsync("v2"), v3.After.Running);
    }

    [Fact]
    public async Task A_migration_that_fails_on_one_tenant_returns_all_of_them()
    {
        var v4 = six.Releases["v4"];
        Ended("1 rolled-back c", v4);
        Assert.Contains("tenant_013", v4.Result.Error, StringComparison.Ordinal);
        Assert.Contains("23505", v4.Result.Error, StringComparison.Ordinal);
        Picture.Same(v4.Before, v4.After);
        Assert.Equal(await six.Sample.RunningAsync("v2"), v4.After.Running);
    }

    [Fact]
    public async Task An_incompatible_release_that_is_bad_after_the_switch_goes_back_whole()
    {
        var v5 = six.Releases["v5"];
        Ended("1 rolled-back e", v5);
        Picture.Same(v5.Before, v5.After);
        Assert.Equal(await six.Sample.RunningAsync("v2"), v5.After.Running);
    }

    [Fact]
    public void An_irreversible_release_that_is_bad_is_left_to_a_person()
    {
        var v6 = six.Releases["v6"];
        Ended("2 forbidden f", v6);
        Assert.Equal(["000010"], v6.After.TenantVersions);
        Assert.Equal("500 v6", v6.After.Front);
    }

    [Fact]
    public void An_incompatible_release_is_refused_where_traffic_may_not_be_held()
    {
        Ended("3 refused -", six.Refused);
        Picture.Same(six.Refused.Before, six.Refused.After);
        Golden.Verify(Normal.Text(six.Refused.Result.Error, six.Sample));
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("v3")]
    [InlineData("v4")]
    [InlineData("v5")]
    [InlineData("v6")]
    public void The_summary_of_a_release_says_how_it_ended_and_why(string version) =>
        Golden.Verify(Normal.Text(six.Releases[version].Result.Out, six.Sample), $"Summary_of_{version}");

    [Theory]
    [InlineData("v3")]
    [InlineData("v4")]
    [InlineData("v5")]
    [InlineData("v6")]
    public void The_problem_of_a_bad_release_names_its_cause(string version) =>
        Golden.Verify(Normal.Text(six.Releases[version].Result.Problems[0], six.Sample), $"Problem_of_{version}");

    private static void Ended(string expected, Played played) =>
        Assert.True(expected == played.Ended, $"expected {expected}, was {played.Ended}\n{played.Result}");
}
