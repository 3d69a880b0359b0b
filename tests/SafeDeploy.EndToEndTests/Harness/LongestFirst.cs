using Xunit.Abstractions;

[assembly: TestCollectionOrderer("SafeDeploy.EndToEndTests.Harness.LongestFirst", "SafeDeploy.EndToEndTests")]

namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>What takes minutes begins first: else the last of it runs alone, with one core idle.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    // As they were measured, longest first, fixtures included; what is new stands behind them.
    private static readonly string[] Long =
    [
        "ChainTests", "ReleaseTests", "LoadTests", "HostsAgreeOnGitHubTests", "CancelTests", "RollbackToTests", "ResumeTests", "HostsAgreeOnAzureTests", "HostsAgreeOnGitLabTests",
        "StepByStepTests", "PolicyTests", "BadImageTests", "EveryLineTests", "FailuresOnGitHubTests", "KillTests", "FenceTests", "FailuresOnAzureTests", "FailuresOnGitLabTests",
        "DockerfileTests", "OutageTests", "RunnerFactsTests", "ExamplesTests", "ActionScenarioTests", "FleetTests", "AgentScenarioTests", "RestoreOnBadServerTests", "PromotionTests",
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(Place).ThenBy(c => c.DisplayName, StringComparer.Ordinal);

    /// <summary>A collection is called after its class.</summary>
    private static int Place(ITestCollection collection) =>
        Array.IndexOf(Long, collection.DisplayName.Split('.')[^1]) is var place and >= 0 ? place : Long.Length;
}
