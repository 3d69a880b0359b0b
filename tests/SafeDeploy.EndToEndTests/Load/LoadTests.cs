using System.Globalization;
using SafeDeploy.EndToEndTests.Harness;
using Xunit.Abstractions;

namespace SafeDeploy.EndToEndTests.Load;

/// <summary>Deploy and rollback while a second process sells: keep-alive and not, each POST once.</summary>
public sealed class LoadTests(ITestOutputHelper output)
{
    private const int Many = 5000;
    private const int Some = 1000;

    private const string DecisionToSwitchedBack =
        """
        select extract(epoch from min(a.at) - min(d.at)) * 1000
        from safe_deploy.entry d
        join safe_deploy.entry i on i.deployment = d.deployment and i.sequence > d.sequence and i.kind = 'intended' and i.fact -> 'change' ->> 'change' in ('switch-traffic', 'release-traffic')
        join safe_deploy.entry a on a.deployment = d.deployment and a.kind = 'applied' and a.fact ->> 'id' = i.fact ->> 'id'
        where d.kind = 'rollback-decided' and d.deployment = (select deployment from safe_deploy.environment)
        """;

    [Fact]
    public async Task No_sale_is_lost_while_a_release_is_deployed_nor_while_it_is_rolled_back_after_its_switch()
    {
        await using var sample = await Sample.WithV1Async(replicas: 2);
        var sales = await UnderLoadAsync(sample, () => sample.RunAsync("v2", "run"), exitCode: 0, Many);
        Assert.All(sales, load => Assert.True(load.Failed == 0, load.Line));
        Assert.All(sales, load => Assert.Equal(["v1", "v2"], load.Versions.Keys.Order(StringComparer.Ordinal)));

        sales = await UnderLoadAsync(sample, () => sample.RunAsync("v2", "rollback"), exitCode: 0, Many);
        Assert.All(sales, load => Assert.True(load.Failed == 0, load.Line));
        Assert.All(sales, load => Assert.Equal(["v1", "v2"], load.Versions.Keys.Order(StringComparer.Ordinal)));
        output.WriteLine($"decision to switched back, milliseconds: {await sample.Database.ScalarAsync<decimal>(DecisionToSwitchedBack):0}");
    }

    [Fact]
    public async Task No_sale_is_lost_while_a_bad_release_comes_and_goes()
    {
        await using var sample = await Sample.WithV1Async();
        await sample.DeployAsync("v2");
        var sales = await UnderLoadAsync(sample, () => sample.RunAsync("v3", "run"), exitCode: 1, Some);
        Assert.All(sales, load => Assert.True(load.Failed == 0, load.Line));
    }

    [Fact]
    public async Task While_traffic_is_held_each_refusal_says_when_to_come_again()
    {
        await using var sample = await Sample.WithV1Async();
        await sample.DeployAsync("v2");
        var sales = await UnderLoadAsync(
            sample, () => sample.RunAsync("v4", "run", ("MAINTENANCE", "allowed"), ("RISK", "never")), exitCode: 1, Some);
        Assert.All(sales, load => Assert.Equal(["status 503 with Retry-After"], load.Reasons.Keys));
        output.WriteLine($"decision to released, milliseconds: {await sample.Database.ScalarAsync<decimal>(DecisionToSwitchedBack):0}");
    }

    private async Task<LoadResult[]> UnderLoadAsync(Sample sample, Func<Task<CliResult>> act, int exitCode, int atLeast)
    {
        string[] bounded = ["--rate", "150", "--connections", "8", "--at-least", atLeast.ToString(CultureInfo.InvariantCulture)];
        var address = new Uri(sample.Front, "sales");
        await using var kept = LoadProcess.Start(address, bounded);
        await using var single = LoadProcess.Start(address, [.. bounded, "--no-keep-alive"]);
        var sold = await SalesAsync(sample);
        await Eventually.Async(async () => await SalesAsync(sample) > sold + 20, TimeSpan.FromSeconds(30), what: "sales are made");
        var end = await act();
        var loads = await Task.WhenAll(kept.StopAsync(), single.StopAsync());
        foreach (var load in loads)
            output.WriteLine(load.Line);
        Assert.True(end.ExitCode == exitCode, end.ToString());
        Assert.All(loads, load => Assert.True(load.Sent >= atLeast, load.Line));
        // What was answered with 201 is in the database, and nothing else.
        Assert.Equal(sold + loads.Sum(load => load.Sent - load.Failed), await SalesAsync(sample));
        return loads;
    }

    private static Task<long> SalesAsync(Sample sample) => sample.Database.ScalarAsync<long>("select count(*) from tenant_001.sale");
}
