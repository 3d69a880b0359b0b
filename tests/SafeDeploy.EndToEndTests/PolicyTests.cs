using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>A first release that is bad, twice; a good one; then two bad ones while fiscal documents are issued.</summary>
public sealed class Policies : IAsyncLifetime
{
    private static readonly (string, string)[] Bad = [("VARIANT", "-errors-inside")];

    public Sample Sample { get; private set; } = null!;

    public Played FirstReversed { get; private set; } = null!;

    public Played FirstKept { get; private set; } = null!;

    public Played Good { get; private set; } = null!;

    public Played EverythingForbidden { get; private set; } = null!;

    public Played DatabaseForbidden { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Sample = await Sample.EmptyAsync();
        Sample.Configure(("database: auto", "database: reverse"));
        FirstReversed = await Sample.PlayAsync("v2", Bad);
        Sample.Configure();
        FirstKept = await Sample.PlayAsync("v2", Bad);
        Good = await Sample.PlayAsync("v2");
        await Sample.SqlFileAsync("seed/data.sql");
        Sample.Configure(("forbids: database", "forbids: everything"));
        EverythingForbidden = await WhileSellingAsync("v3");
        Sample.Configure();
        DatabaseForbidden = await WhileSellingAsync("v5", ("MAINTENANCE", "allowed"), ("RISK", "never"));
    }

    /// <summary>One fiscal document is issued through the front after the deployment has begun and before it fails.</summary>
    private async Task<Played> WhileSellingAsync(string version, params (string, string)[] variables)
    {
        var before = await Sample.PictureAsync();
        using var run = Sample.Start(version, ["run"], variables);
        await Eventually.Async(async () => await Sample.Database.ScalarAsync<bool>("select not concluded from safe_deploy.environment"), TimeSpan.FromMinutes(1));
        Assert.Equal("201 v2", await Sample.FrontAsync("/sales?fiscal=1", "POST"));
        var result = await run.EndAsync();
        return new Played(version, result, await Sample.ReportAsync(version), before, await Sample.PictureAsync());
    }

    public async Task DisposeAsync()
    {
        if (Sample is not null)
            await Sample.DisposeAsync();
    }
}

/// <summary>What the configuration allows the way back, on real servers.</summary>
public sealed class PolicyTests(Policies policies) : IClassFixture<Policies>
{
    [Fact]
    public void A_bad_first_release_leaves_nothing_where_the_database_goes_back()
    {
        var first = policies.FirstReversed;
        Ended("1 rolled-back e", first);
        Assert.Empty(first.After.Versions);
        Assert.Equal(first.Before.Structure, first.After.Structure);
        Assert.DoesNotContain(" v2 ", first.After.Containers, StringComparison.Ordinal);
        Golden.Verify(Normal.Text(first.Result.Out, policies.Sample));
    }

    [Fact]
    public void A_bad_first_release_is_removed_and_its_additions_stay()
    {
        var first = policies.FirstKept;
        Ended("1 rolled-back b", first);
        Assert.Equal(["000005"], first.After.TenantVersions);
        Assert.DoesNotContain(" v2 ", first.After.Containers, StringComparison.Ordinal);
        Golden.Verify(Normal.Text(first.Result.Out, policies.Sample));
    }

    [Fact]
    public async Task After_a_bad_first_release_a_good_one_is_deployed()
    {
        Ended("0 deployed -", policies.Good);
        Assert.Equal(await policies.Sample.RunningAsync("v2"), policies.Good.After.Running);
    }

    [Fact]
    public void A_rule_that_forbids_everything_leaves_the_image_too()
    {
        var forbidden = policies.EverythingForbidden;
        Ended("2 forbidden f", forbidden);
        Assert.Equal("200 v2", forbidden.After.Front);
        Golden.Verify(Normal.Text(forbidden.Result.Out, policies.Sample));
    }

    [Fact]
    public void A_fiscal_document_since_the_start_forbids_to_move_the_database_back()
    {
        var forbidden = policies.DatabaseForbidden;
        Ended("2 forbidden f", forbidden);
        Assert.Equal(["000009"], forbidden.After.TenantVersions);
        Assert.Contains("fiscal documents were issued since the deployment started", forbidden.Result.Out, StringComparison.Ordinal);
        Golden.Verify(Normal.Text(forbidden.Result.Out, policies.Sample));
    }

    private static void Ended(string expected, Played played) =>
        Assert.True(expected == played.Ended, $"expected {expected}, was {played.Ended}\n{played.Result}");
}
