using SafeDeploy.Ledger;
using SafeDeploy.Pipeline;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Rollback;

/// <summary>Which releases a person may name, and what the others are answered.</summary>
public sealed class ReleaseChainTests
{
    private static readonly DeploymentSummary[] Four = [Deployment(4, 3), Deployment(3, 2), Deployment(2, 1), Deployment(1, 0)];

    [Fact]
    public void Every_release_that_led_to_the_one_that_serves_may_be_named()
    {
        var chain = Chain(Four, committed: 4);
        Assert.Equal(["v3", "v2", "v1"], chain.Targets.Select(d => d.To.Version));
        Assert.Equal("v4 v3", string.Join(" ", chain.Over(new DeploymentId("d2"))));
        Assert.Equal(["d3", "d4"], chain.Since(new DeploymentId("d2")).Select(d => d.Id.Value));
        Assert.Equal("d2", chain.Find("sha256:22")?.Id.Value);
    }

    [Fact]
    public void What_a_rollback_went_past_is_not_among_them()
    {
        var chain = Chain([Deployment(5, 1), Deployment(4, 3, Conclusion.RolledBack), .. Four[1..]], committed: 5);
        Assert.Equal(["v1"], chain.Targets.Select(d => d.To.Version));
        Assert.Equal(["d2", "d3", "d4", "d5"], chain.Since(new DeploymentId("d1")).Select(d => d.Id.Value));
    }

    [Fact]
    public void A_failed_attempt_of_a_release_is_not_taken_for_the_good_one()
    {
        var chain = Chain([Deployment(3, 2), Deployment(2, 1, Conclusion.Refused, "d2.3"), Deployment(2, 1, id: "d2.2"), Deployment(2, 1, Conclusion.RolledBack), Deployment(1, 0)], committed: 3);
        Assert.Equal(["d2.2", "d1"], chain.Targets.Select(d => d.Id.Value));
    }

    [Fact]
    public void While_a_later_deployment_is_open_the_last_committed_release_may_be_named_too()
    {
        Assert.Equal(["v4", "v3"], Chain([Deployment(5, 4, null), .. Four], committed: 4).Targets.Select(d => d.To.Version).Take(2));
        Assert.Equal(["v3"], Chain([Deployment(5, 4, Conclusion.RolledBack), .. Four], committed: 4).Targets.Select(d => d.To.Version).Take(1));
    }

    [Fact]
    public void Each_name_that_cannot_be_gone_back_to_has_its_own_answer()
    {
        var chain = Chain([Deployment(5, 4, Conclusion.RolledBack), .. Four], committed: 4);
        var first = Chain([Deployment(1, 0)], committed: 1);
        Golden.Verify(string.Join('\n', new[]
        {
            RollbackProblems.Unreachable("prod", chain, "v9"),
            RollbackProblems.Unreachable("prod", chain, "v4"),
            RollbackProblems.Unreachable("prod", chain, "v5"),
            RollbackProblems.Unreachable("prod", first, "v0"),
            RollbackProblems.NotRecorded(Four[2]),
            RollbackProblems.AnotherBegun("prod", "v2", "v3"),
        }.Select(SafeDeploy.Reporting.ProblemText.Render)));
    }

    private static ReleaseChain Chain(DeploymentSummary[] all, int committed) => ReleaseChain.Of(
        new EnvironmentState("prod", 1, HoldState.Free, all[0], all.First(d => d.To.Version == $"v{committed}"), null, null), [.. all]);

    private static DeploymentSummary Deployment(int to, int from, Conclusion? end = Conclusion.Deployed, string? id = null) => new(
        new DeploymentId(id ?? $"d{to}"), "prod", $"key{to}", 1, from == 0 ? null : Releases.Of(from), Releases.Of(to),
        new RunIdentity($"{to}", null, "ana", "host", 1), DateTimeOffset.UnixEpoch.AddDays(to), end is null ? null : DateTimeOffset.UnixEpoch.AddDays(to), end);
}
