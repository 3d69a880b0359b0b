using System.Security.Cryptography;
using System.Text.Json;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>The store as folders: a set is written under a name that is none, and gets its own when it is complete.</summary>
internal sealed class BackupFolder(string store)
{
    private const string Manifest = "manifest.json";
    private const string Unfinished = ".unfinished";

    public string Store { get; } = store;

    public string PathOf(string set) => Path.Combine(Store, Checked(set));

    /// <summary>Bytes free on the store's disk, or null where it does not tell.</summary>
    public long? FreeBytes()
    {
        for (var folder = new DirectoryInfo(Store); folder is not null; folder = folder.Parent)
            if (folder.Exists)
                return new DriveInfo(folder.FullName).AvailableFreeSpace;
        return null;
    }

    /// <summary>Proves that the store takes a file; leaves nothing.</summary>
    public Problem? Obstacle()
    {
        try
        {
            Directory.CreateDirectory(Store);
            var probe = Path.Combine(Store, $".write-test-{Guid.NewGuid():N}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
                return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return PgDumpProblems.Unusable(Store, failure.Message);
        }
    }

    /// <summary>An empty folder to write into; what an interrupted run left under the same name is removed.</summary>
    public string Begin(string set)
    {
        var folder = PathOf(set) + Unfinished;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        return Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
    }

    public void Abandon(string set)
    {
        var folder = PathOf(set) + Unfinished;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Size and hash of a finished part, after it is on the disk and not only in its cache.</summary>
    public static async Task<(long Bytes, string Sha256)> SealAsync(string file, CancellationToken cancellation)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 20, useAsync: true);
        stream.Flush(flushToDisk: true);
        return (stream.Length, await HashAsync(stream, cancellation));
    }

    /// <summary>The manifest last, then the set's own name.</summary>
    public async Task<string> CompleteAsync(string set, BackupManifest manifest, CancellationToken cancellation)
    {
        var folder = PathOf(set) + Unfinished;
        var file = Path.Combine(folder, Manifest);
        await using (var stream = new FileStream(file + ".tmp", FileMode.CreateNew, FileAccess.Write))
        {
            await JsonSerializer.SerializeAsync(stream, manifest, BackupJson.Default.BackupManifest, cancellation);
            stream.Flush(flushToDisk: true);
        }

        File.Move(file + ".tmp", file);
        Directory.Move(folder, PathOf(set));
        return await ManifestHashAsync(set, cancellation);
    }

    /// <summary>Null when there is no complete set of this name. A manifest that can not be read is damage.</summary>
    public async Task<BackupManifest?> ReadAsync(string set, CancellationToken cancellation)
    {
        var file = Path.Combine(PathOf(set), Manifest);
        if (!File.Exists(file))
            return null;
        try
        {
            await using var stream = File.OpenRead(file);
            return await JsonSerializer.DeserializeAsync(stream, BackupJson.Default.BackupManifest, cancellation) is { Format: 1 } manifest
                ? manifest
                : throw new ProblemException(PgDumpProblems.DamagedPart(set, Manifest, "has a format that this version does not know"));
        }
        catch (JsonException failure)
        {
            throw new ProblemException(PgDumpProblems.DamagedPart(set, Manifest, "can not be read as JSON"), failure);
        }
    }

    public async Task<string> ManifestHashAsync(string set, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(Path.Combine(PathOf(set), Manifest));
        return await HashAsync(stream, cancellation);
    }

    public static async Task<string> HashAsync(Stream stream, CancellationToken cancellation) =>
        Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));

    private static string Checked(string set) =>
        set.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(set[0])
            && set.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && !set.EndsWith(Unfinished, StringComparison.Ordinal)
            ? set
            : throw new ProblemException(PgDumpProblems.NameRefused(set));
}
