using System.Net;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>The sample's six releases and how each of them ends, on real servers.</summary>
public sealed class ReleaseTests
{
    [Fact]
    public async Task The_first_release_and_the_second_are_deployed()
    {
        await using var sample = await Sample.WithV1Async();
        await sample.DeployAsync("v2");
        Assert.Equal((HttpStatusCode.OK, "v2"), await sample.AskFrontAsync());
        Assert.Equal(["000005"], await sample.TenantVersionsAsync());
    }

    [Fact]
    public async Task A_release_that_answers_500_goes_back_and_its_expand_stays()
    {
        await using var sample = await Sample.WithV1Async();
        await sample.DeployAsync("v2");
        var result = await sample.RunAsync("v3", "run --output json");
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Equal("rolled-back", result.Json.GetProperty("conclusion").GetString());
        Assert.Equal("b", result.Json.GetProperty("report").GetProperty("decision").GetProperty("row").GetString());
        Assert.Equal((HttpStatusCode.OK, "v2"), await sample.AskFrontAsync());
        Assert.Equal(["000006"], await sample.TenantVersionsAsync());
    }

    [Fact]
    public async Task A_migration_that_fails_on_one_tenant_returns_all_of_them()
    {
        await using var sample = await Sample.WithV1Async(tenants: 14);
        await sample.DeployAsync("v2");
        var before = await sample.VersionsAsync();
        var result = await sample.RunAsync("v4", "run --output json", ("MAINTENANCE", "allowed"), ("RISK", "never"));
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Equal("c", result.Json.GetProperty("report").GetProperty("decision").GetProperty("row").GetString());
        Assert.Contains("tenant_013", result.Error, StringComparison.Ordinal);
        Assert.Equal(before, await sample.VersionsAsync());
        Assert.Equal((HttpStatusCode.OK, "v2"), await sample.AskFrontAsync());
    }

    [Fact]
    public async Task An_incompatible_release_that_is_bad_after_the_switch_goes_back_whole()
    {
        await using var sample = await Sample.WithV1Async();
        await sample.DeployAsync("v2");
        var before = await sample.VersionsAsync();
        var result = await sample.RunAsync("v5", "run --output json", ("MAINTENANCE", "allowed"), ("RISK", "never"));
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Equal("e", result.Json.GetProperty("report").GetProperty("decision").GetProperty("row").GetString());
        Assert.Equal(before, await sample.VersionsAsync());
        Assert.Equal((HttpStatusCode.OK, "v2"), await sample.AskFrontAsync());
    }

    [Fact]
    public async Task An_irreversible_release_that_is_bad_is_left_to_a_person()
    {
        await using var sample = await Sample.WithV1Async();
        await sample.DeployAsync("v2");
        var result = await sample.RunAsync("v6", "run --output json", ("MAINTENANCE", "allowed"), ("RISK", "never"));
        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Equal("forbidden", result.Json.GetProperty("conclusion").GetString());
        Assert.Equal("f", result.Json.GetProperty("report").GetProperty("decision").GetProperty("row").GetString());
    }

    [Fact]
    public async Task An_incompatible_release_is_refused_where_maintenance_is_not_allowed()
    {
        await using var sample = await Sample.WithV1Async();
        await sample.DeployAsync("v2");
        var before = await sample.VersionsAsync();
        var result = await sample.RunAsync("v5", "run --output json", ("RISK", "never"));
        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Equal(before, await sample.VersionsAsync());
        Assert.Equal((HttpStatusCode.OK, "v2"), await sample.AskFrontAsync());
    }
}
