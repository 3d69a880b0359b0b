namespace SafeDeploy.Integrations.BackupStores;

/// <summary>A folder of this machine's temporary ones, for files on their way; only its owner may read it.</summary>
/// <remarks>It holds tenants' data: what a killed process left is removed by the next one of the same user.</remarks>
internal sealed class WorkFolder : IDisposable
{
    private const string Prefix = "safe-deploy-set-";
    private const string InUse = ".in-use";
    private readonly FileStream _claim;

    private WorkFolder(string path, FileStream claim) => (Path, _claim) = (path, claim);

    public string Path { get; }

    /// <summary>Where they are made; the variable TMPDIR names another place.</summary>
    public static string Place => System.IO.Path.GetTempPath();

    public static WorkFolder Make()
    {
        var folder = Directory.CreateTempSubdirectory(Prefix).FullName;
        return new WorkFolder(folder, Claim(folder, FileMode.CreateNew));
    }

    /// <summary>Removes the folders whose process is gone.</summary>
    public static void Sweep()
    {
        foreach (var folder in Directory.EnumerateDirectories(Place, Prefix + "*"))
        {
            try
            {
                using var claim = Claim(folder, FileMode.Open);
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception held) when (held is IOException or UnauthorizedAccessException)
            {
                // Somebody works in it, or it is another user's.
                continue;
            }
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        _claim.Dispose();
    }

    /// <summary>The kernel ends the claim with its process, however that ends.</summary>
    private static FileStream Claim(string folder, FileMode mode) => new(System.IO.Path.Combine(folder, InUse), mode, FileAccess.ReadWrite, FileShare.None, 1);
}
