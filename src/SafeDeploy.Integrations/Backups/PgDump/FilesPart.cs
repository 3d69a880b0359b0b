using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Configuration and media as one compressed tar archive, each file with its hash.</summary>
internal static class FilesPart
{
    public const string Name = "files.tar.gz";

    /// <param name="folder">Where relative paths start.</param>
    /// <param name="paths">As configured; each has to exist.</param>
    public static async Task<ImmutableArray<KeptFile>> WriteAsync(string archive, string folder, ImmutableArray<string> paths, CancellationToken cancellation)
    {
        var kept = ImmutableArray.CreateBuilder<KeptFile>();
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            await using var file = new FileStream(archive, options);
            await using var zip = new GZipStream(file, CompressionLevel.Fastest);
            await using var tar = new TarWriter(zip, TarEntryFormat.Pax);
            foreach (var (name, path) in Listed(folder, paths))
                kept.Add(await AddAsync(tar, name, path, cancellation));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new ProblemException(PgDumpProblems.FileUnreadable(failure.Message), failure);
        }

        return kept.ToImmutable();
    }

    /// <summary>Bytes of all that is configured, before compression.</summary>
    public static long Size(string folder, ImmutableArray<string> paths)
    {
        try
        {
            return Listed(folder, paths).Sum(l => new FileInfo(l.Path) is { LinkTarget: null } file ? file.Length : 0);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new ProblemException(PgDumpProblems.FileUnreadable(failure.Message), failure);
        }
    }

    /// <summary>The first file of the archive that is not what the manifest says, or null.</summary>
    public static async Task<string?> DamageAsync(string archive, ImmutableArray<KeptFile> files, CancellationToken cancellation)
    {
        var expected = files.ToDictionary(f => f.Path, StringComparer.Ordinal);
        try
        {
            await using var stream = File.OpenRead(archive);
            await using var zip = new GZipStream(stream, CompressionMode.Decompress);
            await using var tar = new TarReader(zip);
            while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
            {
                if (!expected.Remove(entry.Name, out var file))
                    return $"holds \"{entry.Name}\", which its manifest does not name";
                var hash = entry.DataStream is null ? await PartHash.OfAsync(Stream.Null, cancellation) : await PartHash.OfAsync(entry.DataStream, cancellation);
                if (file.Link is null && hash != file.Sha256)
                    return $"holds \"{entry.Name}\" with another SHA-256 than its manifest's: it was written to while it was read";
            }
        }
        catch (Exception failure) when (failure is InvalidDataException or EndOfStreamException)
        {
            return "can not be read as an archive";
        }

        return expected.Count == 0 ? null : $"lacks \"{expected.Keys.First()}\"";
    }

    private static async Task<KeptFile> AddAsync(TarWriter tar, string name, string path, CancellationToken cancellation)
    {
        var info = new FileInfo(path);
        if (info.LinkTarget is { } target)
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target }, cancellation);
            return new KeptFile(name, 0, "", target);
        }

        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, useAsync: true);
        var hash = await PartHash.OfAsync(stream, cancellation);
        var bytes = stream.Position;
        stream.Position = 0;
        var entry = new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = stream, Mode = info.UnixFileMode, ModificationTime = info.LastWriteTimeUtc };
        await tar.WriteEntryAsync(entry, cancellation);
        return new KeptFile(name, bytes, hash, null);
    }

    /// <summary>Every file, by the name it has in the archive: as configured, with what lies below a folder. Links are not followed.</summary>
    public static IEnumerable<(string Name, string Path)> Listed(string folder, ImmutableArray<string> paths)
    {
        foreach (var path in paths)
        {
            var full = Path.GetFullPath(path, folder);
            var name = path.TrimEnd('/');
            var kind = File.GetAttributes(full);
            if (!kind.HasFlag(FileAttributes.Directory) || kind.HasFlag(FileAttributes.ReparsePoint))
            {
                yield return (name, full);
                continue;
            }

            foreach (var below in Below(new DirectoryInfo(full), name))
                yield return below;
        }
    }

    private static IEnumerable<(string Name, string Path)> Below(DirectoryInfo folder, string name)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var at = $"{name}/{entry.Name}";
            if (entry is DirectoryInfo { LinkTarget: null } below)
            {
                foreach (var file in Below(below, at))
                    yield return file;
            }
            else if (entry.LinkTarget is not null || !entry.Attributes.HasFlag(FileAttributes.Device))
            {
                yield return (at, entry.FullName);
            }
        }
    }
}
