using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>What the ledger says about the last deployment of a fleet.</summary>
public static class FleetEnd
{
    private const string Last = "deployment = (select deployment from safe_deploy.environment) order by sequence desc limit 1";

    /// <summary>How it ended, or <c>open</c>.</summary>
    public static async Task<string> OfAsync(Sample sample) =>
        await sample.Database.ScalarAsync<string>($"select fact ->> 'conclusion' from safe_deploy.entry where fact ->> 'fact' = 'concluded' and {Last}") ?? "open";

    /// <summary>The letter of the way back; empty where none was decided.</summary>
    public static async Task<string> DecisionAsync(Sample sample) =>
        await sample.Database.ScalarAsync<string>($"select fact ->> 'row' from safe_deploy.entry where fact ->> 'fact' = 'rollback-decided' and {Last}") ?? "";
}
