using SafeDeploy.Ledger;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Ledger;

public sealed class LedgerProblemsTests
{
    private const string Place = "db.example:5432/shop";
    private static readonly DeploymentId Deployment = new("prod-4f1c09ab7e21");

    /// <summary>What a real server provokes has its golden beside the test against that server.</summary>
    [Fact]
    public void Every_problem_of_a_hold_says_what_is_untouched_and_what_to_do()
    {
        Problem[] problems =
        [
            LedgerProblems.WasTakenOver(Deployment, "prod", 4),
            LedgerProblems.CouldNotRenew(Deployment, "prod", TimeSpan.FromSeconds(30)),
            LedgerProblems.AlreadyClaimed(Deployment, "prod"),
            LedgerProblems.StillThere("prod", "pid 4711 of role deployer", "42501"),
            LedgerProblems.BehindPooler(Place),
            LedgerProblems.NotTheCurrent(Deployment, "prod", "belongs to environment \"uat\""),
            LedgerProblems.StartsOrStops(Place, "57P03"),
            LedgerProblems.UrlUnusable("it names no database"),
            LedgerProblems.NoRoom(Place, "SQLSTATE 53100"),
            LedgerProblems.WasRefused(Place, "XX000", "could not read block 7"),
        ];
        Golden.Verify(string.Join('\n', problems.Select(SafeDeploy.Reporting.ProblemText.Render)));
    }

    [Fact]
    public void Codes_are_unique_and_of_the_ledgers_range()
    {
        Assert.All(LedgerProblems.All, info => Assert.StartsWith("SD02", info.Code, StringComparison.Ordinal));
        Assert.Equal(LedgerProblems.All.Length, LedgerProblems.All.Select(info => info.Code).Distinct().Count());
    }
}
