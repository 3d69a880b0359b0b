using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;
using SafeDeploy.Tests.Rollback;

namespace SafeDeploy.Tests.Reporting;

/// <summary>What a person reads on the terminal, from the ledger's entries alone.</summary>
public sealed class TextReportTests
{
    [Fact]
    public void A_release_that_was_deployed()
    {
        var history = Histories.Opened().Planned(true).AllForward()
            .Add(new LedgerFact.StepFinished(StepName.MigrateTenants, "succeeded", "3 tenants at 0042", [], 1200))
            .Add(new LedgerFact.Noted("warning", "tenant \"t02\": relation exists, skipping"))
            .Add(new LedgerFact.Committed("ana"))
            .Add(new LedgerFact.Concluded(Conclusion.Deployed, 0, "v2 is released; before it was v1", []));
        Golden.Verify(Text(history));
    }

    [Fact]
    public void A_release_whose_tenants_were_taken_back()
    {
        var history = Histories.Opened().Planned(false).Forward("t01", "t02")
            .Add(new LedgerFact.StepFinished(StepName.MigrateTenants, "failed", "tenant \"t03\" not migrated", [], 800))
            .Add(new LedgerFact.RollbackClaimed("ana", false, "tenant \"t03\" not migrated"))
            .Add(new LedgerFact.RollbackDecided("c", "2 tenants go back; v1 never left", "every change has a way back", [new Change.MigrateScopeBack(Scope.Parse("t01"), [Histories.Version])]))
            .Add(Back("t01", "0042")).Add(Back("t02", "0042"))
            .Add(new LedgerFact.Concluded(Conclusion.RolledBack, 1, "2 tenants go back; v1 never left (verified: digest, structure and gates)", []));
        Golden.Verify(Text(history));
    }

    [Fact]
    public void A_rollback_over_several_releases_lists_what_it_took_back_of_each()
    {
        var history = Histories.Opened().Planned(false).Forward("t01").Add(Back("t01", "0042")).Add(Back("t01", "0041")).Add(Back("t02", "0041"))
            .Add(new LedgerFact.Concluded(Conclusion.RolledBack, 1, "v0 serves again", []));
        Golden.Verify(Text(history));
    }

    [Fact]
    public void A_deployment_that_is_open_says_so() =>
        Assert.StartsWith("open  open: not concluded", Text(Histories.Opened().Planned(true)), StringComparison.Ordinal);

    private static LedgerFact.ScopeMigrated Back(string scope, string version) => new(Scope.Parse(scope), new MigrationVersion(version), Direction.Rollback, "rollback1:0", 1, 5);

    private static string Text(Histories history) => TextReport.Render(RunReport.Of(new DeploymentId("prod-7-1"), history.History));
}
