using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>What Microsoft publishes of the REST interface, where it lies beside the repository; elsewhere the shapes written by hand.</summary>
public static class AzureContracts
{
    private static readonly string[] Documents = ["azure-devops-git.json", "azure-devops-build.json", "azure-devops-workitems.json"];

    /// <summary>Beside the checkout, never in it: <c>../shared/contracts</c>, or where the variable says.</summary>
    private static string Folder =>
        Environment.GetEnvironmentVariable("SAFE_DEPLOY_CONTRACTS") ?? Path.Combine(TestServers.RepositoryRoot, "..", "shared", "contracts");

    public static bool ArePublished => Directory.Exists(Folder);

    public static SwaggerDocuments HandWritten => SwaggerDocuments.Load([Path.Combine(TestServers.RepositoryRoot, "tests", "contracts", "azure-devops.shapes.json")]);

    /// <summary>A folder that is there without a document in it fails: it is not quietly replaced.</summary>
    public static SwaggerDocuments Load() => ArePublished ? SwaggerDocuments.Load(Documents.Select(d => Path.Combine(Folder, d))) : HandWritten;
}
