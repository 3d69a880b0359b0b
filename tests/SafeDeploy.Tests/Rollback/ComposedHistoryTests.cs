using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Tests.Rollback;

/// <summary>Several deployments undone as one: what the way back to an older release is.</summary>
public sealed class ComposedHistoryTests
{
    [Fact]
    public void Two_expanding_releases_leave_the_schema_and_the_older_image_takes_the_slot_that_is_free()
    {
        var past = Past(1, Releases.Live(3), Releases.Deployed(1, 2), Releases.Deployed(2, 3));
        Verify(past, Releases.Facts(past, Releases.Live(3), fits: true), "b");
    }

    [Fact]
    public void Two_incompatible_releases_go_back_in_the_reverse_order_they_came()
    {
        var past = Past(1, Releases.Live(3), Releases.Deployed(1, 2), Releases.Deployed(2, 3, fits: false));
        Verify(past, Releases.Facts(past, Releases.Live(3), fits: false), "e");
    }

    [Fact]
    public void What_one_of_them_destroyed_forbids_the_whole_way()
    {
        var past = Past(1, Releases.Live(3), Releases.Deployed(1, 2), Releases.Deployed(2, 3, fits: false));
        Verify(past, Releases.Facts(past, Releases.Live(3), fits: false, blocker: "0002 of v2 is irreversible"), "f");
    }

    [Fact]
    public void Workers_of_what_serves_stop_and_those_of_the_older_release_start()
    {
        var past = Past(1, Releases.Live(3, workers: 1), Releases.Deployed(1, 2), Releases.Deployed(2, 3));
        Verify(past, Releases.Facts(past, Releases.Live(3, workers: 1), fits: true), "b");
    }

    [Fact]
    public void A_release_that_was_rolled_back_counts_only_with_what_it_left_forward()
    {
        var left = Releases.Deployed(2, 3, end: Conclusion.RolledBack);
        var returned = Releases.History(4, [.. Releases.Begun(2, 4, false), .. Releases.Moved(4, Direction.Forward, 1), .. Releases.Moved(4, Direction.Rollback, 1), End(Conclusion.RolledBack)]);
        var past = Past(1, Releases.Live(5), Releases.Deployed(1, 2), left, returned, Releases.Deployed(2, 5));
        Assert.All(past.MovedScopes().Values, versions => Assert.Equal(["0002", "0003", "0005"], versions.Select(v => v.Text)));
        Assert.Empty(Releases.Facts(past, null, true).StillPending);
    }

    [Fact]
    public void What_a_rollback_took_back_of_earlier_releases_does_not_stand()
    {
        var third = Releases.Deployed(2, 3);
        third = third with { Entries = third.Entries.AddRange(Releases.History(3, [.. Releases.Moved(3, Direction.Rollback), .. Releases.Moved(2, Direction.Rollback), End(Conclusion.RolledBack)]).Entries) };
        Assert.Empty(Past(1, Releases.Live(3), Releases.Deployed(1, 2), third).MovedScopes());
    }

    [Fact]
    public void The_gates_of_a_release_between_prove_nothing_about_the_older_one()
    {
        var proof = new LedgerFact.CompatibilityProved("tenants");
        Assert.Null(Past(1, Releases.Live(3), Releases.Deployed(1, 2), Releases.Deployed(2, 3, tells: proof)).LivingProof());
        Assert.NotNull(Past(2, Releases.Live(3), Releases.Deployed(2, 3, tells: proof)).LivingProof());
    }

    [Fact]
    public void Requests_may_have_reached_what_serves_and_the_deployment_started_when_the_first_did()
    {
        var past = Past(1, Releases.Live(3), Releases.Deployed(1, 2), Releases.Deployed(2, 3));
        Assert.True(past.TrafficMayHaveReachedNew());
        Assert.Equal("blue", past.NewSlot());
        Assert.Equal("green", past.Snapshot?.Serving?.Slot);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddDays(2), past.StartedAt);
    }

    [Fact]
    public void The_schemas_are_compared_with_what_they_were_before_the_first_of_them()
    {
        var past = Past(1, Releases.Live(3), Releases.Deployed(1, 2), Releases.Deployed(2, 3));
        Assert.Equal("t01 before v2", past.Snapshot?.Fingerprints["t01"]);
    }

    [Fact]
    public void A_current_deployment_that_died_half_way_still_has_scopes_pending()
    {
        var died = Releases.History(3, [.. Releases.Begun(2, 3, false), .. Releases.Moved(3, Direction.Forward, 1)]);
        var past = Past(1, Releases.Live(2), Releases.Deployed(1, 2), died);
        var facts = Releases.Facts(past, Releases.Live(2), fits: false);
        Assert.Equal(["t02"], facts.StillPending.Select(s => s.Schema));
        Assert.Equal("green", past.NewSlot());
        Verify(past, facts, "c");
    }

    [Fact]
    public void A_release_that_nobody_saw_serve_cannot_be_composed() =>
        Assert.Null(ComposedHistory.Of(Releases.Of(1), [Releases.Deployed(2, 3)], Releases.Live(3)));

    [Fact]
    public void Without_a_deploy_target_only_the_schemas_are_composed()
    {
        var past = Past(1, null, Releases.Deployed(1, 2), Releases.Deployed(2, 3, fits: false));
        Assert.Null(past.Snapshot?.Serving);
        Verify(past, Releases.Facts(past, null, fits: false), "e");
    }

    [Fact]
    public void A_second_call_after_the_image_moved_has_nothing_left_to_switch()
    {
        var live = new TargetState("green", false, [new SlotState("green", "v1", Releases.Of(1).Image, Releases.Of(1).Digest, "d1", 2, 0, "")]);
        var past = Past(1, live, Releases.Deployed(1, 2), Releases.Deployed(2, 3));
        var plan = RollbackDecision.Decide(past, Releases.Facts(past, live, fits: true), RollbackDatabase.Auto);
        Assert.Empty(plan.Actions);
    }

    private static LedgerFact.Concluded End(Conclusion conclusion) => new(conclusion, 0, "", []);

    private static LedgerHistory Past(int target, TargetState? live, params ImmutableArray<LedgerHistory> since) =>
        ComposedHistory.Of(Releases.Of(target), since, live) ?? throw new InvalidOperationException("nobody saw the target serve");

    private static void Verify(LedgerHistory past, RollbackFacts facts, string row, [System.Runtime.CompilerServices.CallerMemberName] string name = "")
    {
        var plan = RollbackDecision.Decide(past, facts, RollbackDatabase.Auto);
        Assert.Equal(row, plan.Row);
        Golden.Verify($"{plan.Row}: {plan.Decision}\nbecause {plan.Reason}\n{string.Concat(plan.Actions.Select(a => $"- {RollbackWords.Of(a)}\n"))}", name);
    }
}
