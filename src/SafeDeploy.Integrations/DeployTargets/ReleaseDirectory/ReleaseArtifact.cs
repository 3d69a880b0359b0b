using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace SafeDeploy.Integrations.DeployTargets.ReleaseDirectory;

/// <summary>The files of a release as they are delivered: a folder or a <c>.tar.gz</c>.</summary>
internal static class ReleaseArtifact
{
    /// <summary>Of the archive's bytes; of a folder the names, modes and contents, whatever the order on disk.</summary>
    public static async Task<string> DigestAsync(string path, string reference, CancellationToken cancellation)
    {
        try
        {
            if (File.Exists(path))
                return $"sha256:{await HashAsync(path, cancellation)}";
            if (!Directory.Exists(path))
                throw TargetProblems.NoArtifact(reference, "there is no such file or folder");
            using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                var content = new FileInfo(file).LinkTarget ?? await HashAsync(file, cancellation);
                all.AppendData(Encoding.UTF8.GetBytes($"{Path.GetRelativePath(path, file)}\0{(int)File.GetUnixFileMode(file)}\0{content}\n"));
            }

            return $"sha256:{Convert.ToHexStringLower(all.GetHashAndReset())}";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TargetProblems.NoArtifact(reference, failure.Message);
        }
    }

    /// <summary>Puts the files into a folder that does not exist yet.</summary>
    public static async Task UnpackAsync(string path, string reference, string into, CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(into);
            if (Directory.Exists(path))
            {
                Copy(new DirectoryInfo(path), into);
                return;
            }

            await using var file = File.OpenRead(path);
            await using var plain = new GZipStream(file, CompressionMode.Decompress);
            await TarFile.ExtractToDirectoryAsync(plain, into, overwriteFiles: false, cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw TargetProblems.NoArtifact(reference, failure.Message);
        }
    }

    private static void Copy(DirectoryInfo from, string into)
    {
        foreach (var entry in from.EnumerateFileSystemInfos())
        {
            var copy = Path.Combine(into, entry.Name);
            if (entry.LinkTarget is { } target)
                File.CreateSymbolicLink(copy, target);
            else if (entry is DirectoryInfo folder)
                Copy(folder, Directory.CreateDirectory(copy).FullName);
            else
                File.Copy(entry.FullName, copy);
        }
    }

    private static async Task<string> HashAsync(string file, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));
    }
}
