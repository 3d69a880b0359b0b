using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>What others publish of their interfaces; <c>./build</c> installs it.</summary>
public static class Contracts
{
    private static readonly Lazy<OpenApi> Document = new(() => OpenApi.Load(PathOf("@octokit", "openapi", "generated", "api.github.com.json")));

    public static OpenApi GitHub => Document.Value;

    public static string Home => Path.Combine(TestServers.RepositoryRoot, "artifacts", "contracts");

    private static string PathOf(params string[] parts) => Path.Combine([Home, "node_modules", .. parts]);
}
