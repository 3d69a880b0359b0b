using System.Collections.Immutable;

namespace SafeDeploy.Integrations.BackupStores.Folder;

/// <summary>What is mounted where, as <c>/proc/self/mountinfo</c> tells (proc manual, section 5).</summary>
public sealed class MountTable
{
    // Layers of a container image, and memory: gone with the container.
    private static readonly ImmutableArray<string> Perishing = ["overlay", "aufs", "tmpfs", "ramfs", "fuse-overlayfs"];

    private readonly ImmutableArray<Mount> _mounts;

    private MountTable(ImmutableArray<Mount> mounts) => _mounts = mounts;

    /// <param name="Root">What of the file system is mounted.</param>
    private sealed record Mount(string Root, string At, string Kind)
    {
        // The engine names a volume that nobody named with 64 hexadecimal digits, and removes it with its container.
        private const int AnonymousLength = 64;

        public bool IsAnonymousVolume =>
            Root.Split('/') is [.., "volumes", { Length: AnonymousLength } name, "_data"] && name.All(char.IsAsciiHexDigitLower);
    }

    /// <summary>The table of this process, or null outside a container: there every disk survives the job.</summary>
    public static MountTable? OfThisContainer() =>
        File.Exists("/.dockerenv") || File.Exists("/run/.containerenv") ? Parse(File.ReadAllText("/proc/self/mountinfo")) : null;

    /// <param name="text">Lines such as <c>36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw</c>.</param>
    public static MountTable Parse(string text)
    {
        var mounts = ImmutableArray.CreateBuilder<Mount>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            var dash = Array.IndexOf(words, "-");
            if (dash > 4 && dash + 1 < words.Length)
                mounts.Add(new Mount(Unescaped(words[3]), Unescaped(words[4]), words[dash + 1]));
        }

        return new MountTable(mounts.ToImmutable());
    }

    /// <summary>What the path lies on, in words, when that is gone with the container; null when it survives.</summary>
    public string? Perishable(string path)
    {
        // Of several mounts at one place the last is the one that is seen.
        var mount = _mounts.Where(m => Holds(m.At, path)).Aggregate((Mount?)null, (best, m) => best is null || m.At.Length >= best.At.Length ? m : best);
        return mount switch
        {
            null => "a file system that the kernel does not name",
            { IsAnonymousVolume: true } => $"{mount.At}, a volume without a name",
            _ when Perishing.Contains(mount.Kind) => $"{mount.At} ({mount.Kind})",
            _ => null,
        };
    }

    private static bool Holds(string mount, string path) =>
        mount == "/" || path == mount || path.StartsWith(mount + "/", StringComparison.Ordinal);

    // Blanks, tabs, line ends and backslashes stand as octal numbers.
    private static string Unescaped(string text) => text
        .Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
