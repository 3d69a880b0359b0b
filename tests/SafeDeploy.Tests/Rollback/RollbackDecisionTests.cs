using System.Text;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Tests.Rollback;

/// <summary>Every row of the decision table with its printed reason.</summary>
public sealed class RollbackDecisionTests
{
    [Fact]
    public void Row_a_nothing_applied_takes_the_image_back()
    {
        var history = Histories.Opened().Planned(true).Started().Switched();
        Verify(history, history.Facts(Histories.Target("green")), "a");
    }

    [Fact]
    public void Row_a_with_nothing_changed_has_nothing_to_do()
    {
        var history = Histories.Opened().Planned(true);
        var plan = Decide(history, history.Facts(Histories.Target("blue")));
        Assert.Equal("a", plan.Row);
        Assert.Empty(plan.Actions);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_deployment_that_ended_before_its_snapshot_leaves_what_serves_alone(bool held)
    {
        var history = Histories.OpenedBlind();
        var plan = Decide(history, history.Facts(Histories.Target("blue") with { Held = held }));
        Assert.Equal("a", plan.Row);
        Assert.Empty(plan.Actions);
    }

    [Fact]
    public void Row_b_expands_only_takes_the_image_back_and_leaves_the_schema()
    {
        var history = Histories.Opened().Planned(true).AllForward().Started().Switched();
        Verify(history, history.Facts(Histories.Target("green"), fits: true), "b");
    }

    [Fact]
    public void Row_b_unknown_effect_is_compatible_once_the_gates_passed_against_the_previous_image()
    {
        var history = Histories.Opened().Planned(null).AllForward().Proved().Started();
        Verify(history, history.Facts(Histories.Target("blue")), "b");
    }

    [Fact]
    public void A_proof_older_than_the_last_migration_proves_nothing()
    {
        var history = Histories.Opened().Planned(null).Forward("public").Proved().Forward("t01", "t02", "t03");
        Assert.Equal("e", Decide(history, history.Facts(Histories.Target("blue"))).Row);
    }

    [Fact]
    public void Gates_do_not_argue_away_a_change_known_to_break_the_previous_image()
    {
        var history = Histories.Opened().Planned(false).AllForward().Proved();
        Assert.Equal("e", Decide(history, history.Facts(Histories.Target("blue"), fits: false, passes: true)).Row);
    }

    [Fact]
    public void Row_c_some_scopes_forward_return_and_the_old_image_never_left()
    {
        var history = Histories.Opened().Planned(false).Forward("public", "t01", "t02");
        Verify(history, history.Facts(Histories.Target("blue"), fits: false), "c");
    }

    [Fact]
    public void Row_c_gives_held_traffic_back()
    {
        var history = Histories.Opened().Planned(false, holds: true).Forward("public", "t01");
        Verify(history, history.Facts(Histories.Target("blue", held: true), fits: false), "c");
    }

    [Fact]
    public void Row_d_some_scopes_forward_without_a_safe_way_back_stops()
    {
        var history = Histories.Opened().Planned(null).Forward("public", "t01");
        Verify(history, history.Facts(Histories.Target("blue"), blocker: "0042 price has no rollback migration"), "d");
    }

    [Fact]
    public void A_scope_that_has_a_part_of_its_migrations_is_counted_once()
    {
        var history = Histories.Opened().Planned(null).Forward("public", "t01");
        var facts = history.Facts(Histories.Target("blue"), blocker: "0042 price has no rollback migration");
        var plan = Decide(history, facts with { StillPending = facts.StillPending.Insert(0, Scope.Parse("t01")) });
        Assert.Equal("stop; public stays forward, tenant \"t01\" stays half-way, 2 tenants stay back", plan.Decision);
    }

    [Fact]
    public void Row_e_all_forward_and_incompatible_goes_back_whole_while_traffic_is_held()
    {
        var history = Histories.Opened().Planned(false, holds: true).AllForward().Started().Switched();
        Verify(history, history.Facts(Histories.Target("green"), fits: false), "e");
    }

    [Fact]
    public void Row_f_irreversible_is_forbidden_and_the_new_release_keeps_serving()
    {
        var history = Histories.Opened().Planned(false, holds: true).AllForward().Started().Switched();
        Verify(history, history.Facts(Histories.Target("green"), fits: false, blocker: "0042 price is irreversible: values are summed up"), "f");
    }

    [Fact]
    public void A_rule_that_forbids_the_database_still_lets_a_compatible_image_go_back()
    {
        var history = Histories.Opened().Planned(true).AllForward().Started().Switched();
        Verify(history, history.Facts(Histories.Target("green"), fits: true, forbids: Forbids.Database), "b");
    }

    [Fact]
    public void A_rule_that_forbids_the_database_rules_out_going_back_whole()
    {
        var history = Histories.Opened().Planned(false, holds: true).AllForward().Started().Switched();
        Verify(history, history.Facts(Histories.Target("green"), fits: false, forbids: Forbids.Database), "f");
    }

    [Fact]
    public void A_rule_that_forbids_everything_keeps_the_image_too()
    {
        var history = Histories.Opened().Planned(true).AllForward().Started().Switched();
        Verify(history, history.Facts(Histories.Target("green"), fits: true, forbids: Forbids.Everything), "f");
    }

    [Fact]
    public void The_first_release_is_removed_and_its_schema_stays()
    {
        var history = Histories.Opened(first: true).Planned(true).AllForward().Started().Switched();
        Verify(history, history.Facts(Histories.Target("green"), fits: true, canStart: false), "b");
    }

    [Fact]
    public void A_previous_image_that_is_gone_forbids_going_back()
    {
        var history = Histories.Opened().Planned(true).AllForward().Started().Switched();
        Verify(history, history.Facts(Histories.Target("green"), fits: true, canStart: false), "f");
    }

    [Theory]
    [InlineData(RollbackDatabase.Keep, "f")]
    [InlineData(RollbackDatabase.Never, "f")]
    [InlineData(RollbackDatabase.Auto, "e")]
    [InlineData(RollbackDatabase.Reverse, "e")]
    public void The_policy_says_whether_an_incompatible_schema_may_go_back(RollbackDatabase policy, string row)
    {
        var history = Histories.Opened().Planned(false).AllForward().Started().Switched();
        Assert.Equal(row, RollbackDecision.Decide(history.History, history.Facts(Histories.Target("green"), fits: false), policy).Row);
    }

    [Fact]
    public void Policy_reverse_takes_a_compatible_schema_back_too()
    {
        var history = Histories.Opened().Planned(true).AllForward().Started().Switched();
        Assert.Equal("e", RollbackDecision.Decide(history.History, history.Facts(Histories.Target("green"), fits: true), RollbackDatabase.Reverse).Row);
    }

    [Fact]
    public void The_same_ledger_and_facts_give_the_same_plan()
    {
        var history = Histories.Opened().Planned(false, tenants: 40).AllForward(40).Started().Switched();
        var facts = history.Facts(Histories.Target("green"), fits: false);
        Assert.Equal(Text(Decide(history, facts)), Text(Decide(history, facts)));
    }

    private static RollbackPlan Decide(Histories history, RollbackFacts facts) =>
        RollbackDecision.Decide(history.History, facts, RollbackDatabase.Auto);

    private static void Verify(Histories history, RollbackFacts facts, string row, [System.Runtime.CompilerServices.CallerMemberName] string name = "")
    {
        var plan = Decide(history, facts);
        Assert.Equal(row, plan.Row);
        Golden.Verify(Text(plan), name);
    }

    private static string Text(RollbackPlan plan)
    {
        var text = new StringBuilder($"{plan.Row}: {plan.Decision}\nbecause {plan.Reason}\n");
        foreach (var action in plan.Actions)
            text.Append($"- {RollbackWords.Of(action)}\n");
        return text.ToString();
    }
}
