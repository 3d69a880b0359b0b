using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The published program as the action's image: what the Dockerfile's last stage holds, on a base made locally.</summary>
public static class ProductImage
{
    private static readonly Lazy<Task<string>> Built = new(BuildAsync);

    public static Task<string> TagAsync() => Built.Value;

    public static async Task<TestAction> FaceAsync(string? verb = null) => new(
        verb is null ? "safe-deploy/migrate@v1" : $"safe-deploy/migrate/action/{verb}@v1",
        ActionManifest.Load(Path.Combine([TestServers.RepositoryRoot, .. verb is null ? [] : new[] { "action", verb }, "action.yml"])),
        await TagAsync());

    private static async Task<string> BuildAsync()
    {
        var folder = Directory.CreateTempSubdirectory("sd-image-").FullName;
        try
        {
            var program = Directory.CreateDirectory(Path.Combine(folder, "cli"));
            foreach (var file in Directory.GetFiles(Path.GetDirectoryName(TestServers.Program)!))
                File.Copy(file, Path.Combine(program.FullName, Path.GetFileName(file)));
            await File.WriteAllTextAsync(
                Path.Combine(folder, "Dockerfile"),
                "FROM safe-deploy-test/action-base:local\nCOPY cli /opt/safe-deploy\nRUN ln -s safe-deploy /opt/safe-deploy/safe-deploy-post\nLABEL safe-deploy.test=1\nENTRYPOINT [\"/opt/safe-deploy/safe-deploy\"]\n");
            const string tag = "safe-deploy-test/action:e2e";
            await ContainerLabel.DockerAsync("build", "-q", "-t", tag, folder);
            return tag;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
