using SafeDeploy.Ledger;
using SafeDeploy.Pipeline;
using SafeDeploy.Runs;
using SafeDeploy.Tests.Rollback;

namespace SafeDeploy.Tests.Pipeline;

/// <summary>Which way <c>recover</c> takes, from the ledger alone.</summary>
public sealed class RecoveryDecisionTests
{
    [Fact]
    public void What_died_before_its_last_step_had_passed_goes_back()
    {
        Assert.IsType<RecoveryWay.Back>(RecoveryDecision.Of(Histories.OpenedBlind().History));
        Assert.IsType<RecoveryWay.Back>(RecoveryDecision.Of(Histories.Opened().Planned(true).AllForward().Started().Switched().History));
        Assert.IsType<RecoveryWay.Back>(RecoveryDecision.Of(Passed(Histories.Opened().Planned(true), "failed").History));
    }

    [Fact]
    public void What_died_after_its_last_step_or_its_commit_is_finished()
    {
        Assert.IsType<RecoveryWay.Finish>(RecoveryDecision.Of(Passed(Histories.Opened().Planned(true), "succeeded").History));
        Assert.IsType<RecoveryWay.Finish>(RecoveryDecision.Of(Passed(Histories.Opened().Planned(true), "succeeded").Add(TakenOver).History));
        Assert.IsType<RecoveryWay.Finish>(RecoveryDecision.Of(Histories.Opened().Planned(true).Add(new LedgerFact.Committed("ana")).History));
    }

    [Fact]
    public void A_rollback_that_was_begun_goes_on_even_of_what_is_committed()
    {
        var committed = Passed(Histories.Opened().Planned(true), "succeeded").Add(new LedgerFact.Committed("ana")).Add(End(Conclusion.Deployed));
        Assert.IsType<RecoveryWay.Back>(RecoveryDecision.Of(committed.Add(new LedgerFact.RollbackClaimed("ana", true, "")).History));
    }

    [Theory]
    [InlineData(Conclusion.Deployed, true)]
    [InlineData(Conclusion.RolledBack, true)]
    [InlineData(Conclusion.Refused, true)]
    [InlineData(Conclusion.Forbidden, true)]
    [InlineData(Conclusion.Incomplete, false)]
    [InlineData(Conclusion.Unverified, false)]
    public void An_end_stands_unless_it_is_a_rollback_that_did_not_come_through(Conclusion conclusion, bool stands)
    {
        var ended = Histories.Opened().Planned(true).Add(new LedgerFact.RollbackClaimed("ana", false, "")).Add(End(conclusion));
        Assert.Equal(stands, RecoveryDecision.Of(ended.History) is RecoveryWay.Leave);
        Assert.Equal(stands, RecoveryDecision.Of(ended.Add(TakenOver).History) is RecoveryWay.Leave);
    }

    private static Histories Passed(Histories history, string result) =>
        history.Add(new LedgerFact.StepFinished(StepName.Preflight, result, "", [], 1));

    private static LedgerFact.Concluded End(Conclusion conclusion) => new(conclusion, 0, "", []);

    private static LedgerFact.TakenOver TakenOver => new(1, new RunIdentity("8", null, "bob", "host", 1), 0);
}
