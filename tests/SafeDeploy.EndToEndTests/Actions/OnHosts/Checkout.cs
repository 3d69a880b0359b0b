using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Actions.OnHosts;

/// <summary>Folders as a checkout leaves them.</summary>
public static class Checkout
{
    /// <summary>The sample's releases, with its configuration as it is but for what depends on the machine.</summary>
    public static void OfSample(string folder)
    {
        var config = File.ReadAllText(Path.Combine(Sample.Folder, "safe-deploy.yml"));
        // How many at once depends on the machine, and is told.
        foreach (var (old, own) in new[] { ("parallel: auto", "parallel: 2"), ("interval: 1s", "interval: 200ms") })
        {
            Assert.Contains(old, config, StringComparison.Ordinal);
            config = config.Replace(old, own, StringComparison.Ordinal);
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "safe-deploy.yml"), config);
        Copy(Path.Combine(Sample.Folder, "releases"), Path.Combine(folder, "releases"));
    }

    /// <summary>The configuration and the migrations of a fleet; not what its runs have left beside them.</summary>
    public static void OfFleet(Sample fleet, string folder)
    {
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(fleet.Home, "safe-deploy.yml"), Path.Combine(folder, "safe-deploy.yml"));
        Copy(Path.Combine(fleet.Home, "db"), Path.Combine(folder, "db"));
    }

    /// <summary>Every file below a folder.</summary>
    public static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
