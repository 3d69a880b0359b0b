using System.Security.Cryptography;
using System.Text;
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

    /// <summary>The action behind a <c>uses</c> of a workflow; null for somebody else's.</summary>
    public static async Task<TestAction?> UsedAsync(string uses)
    {
        var path = uses.Split('@')[0].TrimEnd('/');
        if (path != "." && !path.StartsWith("./", StringComparison.Ordinal) && !path.StartsWith("safe-deploy/migrate", StringComparison.Ordinal))
            return null;
        return (await FaceAsync(path.Contains("action/", StringComparison.Ordinal) ? path.Split('/')[^1] : null)) with { Reference = uses };
    }

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
            // Of this checkout: another one may test on the same engine.
            var tag = $"safe-deploy-test/action:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(TestServers.RepositoryRoot)))[..8]}";
            await ContainerLabel.DockerAsync("build", "-q", "-t", tag, folder);
            return tag;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
