using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;
using SafeDeploy.Tests.Architecture;
using SafeDeploy.Tests.Rollback;

namespace SafeDeploy.Tests.Ledger;

public sealed class LedgerHistoryTests
{
    [Fact]
    public void No_statement_of_the_program_alters_or_removes_a_line_of_the_ledger()
    {
        var sql = Repository.Files("src", "*.cs").Select(Repository.Read).ToArray();
        Assert.Contains(sql, text => text.Contains("insert into safe_deploy.entry", StringComparison.OrdinalIgnoreCase));
        Assert.All(sql, text => Assert.DoesNotMatch(@"(?i)\b(update|delete\s+from|truncate(\s+table)?)\s+(only\s+)?safe_deploy\.entry\b", text));
    }

    [Fact]
    public void A_scope_that_went_back_has_not_moved_and_one_that_went_forward_again_has()
    {
        var history = Histories.Opened().Planned(true).Forward("public", "t01", "t02").Add(Back("t01")).Add(Back("t02")).Forward("t02");
        Assert.Equal(["public", "t02"], history.History.MovedScopes().Keys.Select(s => s.Schema));
    }

    [Fact]
    public void Versions_that_moved_stand_in_the_order_they_came()
    {
        var history = Histories.Opened().Forward("t01").Add(new LedgerFact.ScopeMigrated(Scope.Parse("t01"), new MigrationVersion("0043"), Direction.Forward, "wave", 1, 5));
        Assert.Equal(["0042", "0043"], history.History.MovedScopes()[Scope.Parse("t01")].Select(v => v.Text));
    }

    [Fact]
    public void A_proof_lives_until_something_moves_forward_after_it()
    {
        var history = Histories.Opened().Planned(null).Forward("public").Proved();
        Assert.Equal("tenants", history.History.LivingProof()?.After);
        Assert.NotNull(history.Add(Back("public")).History.LivingProof());
        Assert.Null(history.Forward("t01").History.LivingProof());
    }

    [Fact]
    public void Requests_reached_the_new_release_once_traffic_was_to_be_switched_or_it_was_committed()
    {
        Assert.False(Histories.Opened().Planned(true).AllForward().Started().History.TrafficMayHaveReachedNew());
        Assert.True(Histories.Opened().Planned(true).AllForward().Started().Switched().History.TrafficMayHaveReachedNew());
        Assert.True(Histories.Opened().Planned(true).AllForward().Add(new LedgerFact.Committed("ana")).History.TrafficMayHaveReachedNew());
    }

    [Theory]
    [InlineData(Conclusion.RolledBack, false)]
    [InlineData(Conclusion.Forbidden, false)]
    [InlineData(Conclusion.Incomplete, true)]
    [InlineData(Conclusion.Unverified, true)]
    public void A_rollback_that_did_not_end_well_is_gone_on_with(Conclusion end, bool isUnfinished)
    {
        var history = Histories.Opened().Add(new LedgerFact.RollbackClaimed("ana", true, "", "d0"));
        Assert.Equal("d0", history.History.UnfinishedRollback()?.To);
        Assert.Equal(isUnfinished, history.Add(new LedgerFact.Concluded(end, 1, "", [])).History.UnfinishedRollback() is not null);
    }

    [Fact]
    public void A_rollback_claimed_after_an_earlier_end_is_unfinished()
    {
        var history = Histories.Opened().Add(new LedgerFact.Concluded(Conclusion.RolledBack, 1, "", [])).Add(new LedgerFact.RollbackClaimed("ana", true, "", "d0"));
        Assert.NotNull(history.History.UnfinishedRollback());
    }

    [Fact]
    public void A_change_that_was_intended_and_not_applied_is_known_as_such()
    {
        var history = Histories.Opened().Started().Add(new LedgerFact.Intended("switch:green", new Change.SwitchTraffic("blue", "green"), new Undo.Nothing())).History;
        Assert.Equal([true, false], history.Changes().Select(c => c.Applied));
        Assert.Equal("green", history.NewSlot());
    }

    private static LedgerFact.ScopeMigrated Back(string scope) => new(Scope.Parse(scope), Histories.Version, Direction.Rollback, "rollback1:0", 1, 5);
}
