using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Configuration and media back from a set. Every file is proved before it gets its name; what it replaces is in a safety set by then.</summary>
internal sealed class FilesRestore(BackupShelf shelf, PgDumpOptions options, TimeProvider clock)
{
    private const string Unfinished = ".safe-deploy-restoring";

    private sealed record Judged(FilesPlan Plan, BackupManifest Manifest);

    public async Task<FilesPlan> PlanAsync(string set, CancellationToken cancellation) => (await JudgeAsync(set, cancellation)).Plan;

    public async Task<RestoredFiles> RunAsync(string set, string safetySet, BackupLabel safety, CancellationToken cancellation)
    {
        var (plan, manifest) = await JudgeAsync(set, cancellation);
        if (plan.Refusals is [var refusal, ..])
            throw new ProblemException(refusal);
        var part = manifest.Parts.First(p => p.File == FilesPart.Name);
        using var archive = await shelf.PartAsync(set, part.File, cancellation);
        if (await BackupVerifier.DamageAsync(archive.Path, part, cancellation) is { } damage)
            throw new ProblemException(PgDumpProblems.DamagedPart(set, part.File, damage));
        if (await FilesPart.DamageAsync(archive.Path, manifest.Files, cancellation) is { } inside)
            throw new ProblemException(PgDumpProblems.DamagedPart(set, part.File, inside));
        if (!plan.Changed.IsEmpty)
            await SaveAsync(safetySet, safety, plan.Changed, cancellation);
        var written = await WriteAsync(archive.Path, manifest, [.. plan.Missing, .. plan.Changed], cancellation);
        return new RestoredFiles(written, plan.Equal, plan.Changed.IsEmpty ? null : safetySet);
    }

    private async Task<Judged> JudgeAsync(string set, CancellationToken cancellation)
    {
        var (manifest, sha256) = await shelf.RequireAsync(set, cancellation);
        var facts = await shelf.SetAsync(set, manifest, sha256, cancellation);
        var refusals = Refusals(manifest).ToImmutableArray();
        var empty = new FilesPlan(facts, 0, [], [], [], 0, refusals);
        if (!refusals.IsEmpty)
            return new Judged(empty, manifest);
        var (missing, changed, newer) = (ImmutableArray.CreateBuilder<string>(), ImmutableArray.CreateBuilder<string>(), ImmutableArray.CreateBuilder<string>());
        foreach (var file in manifest.Files)
        {
            var at = new FileInfo(PathOf(file));
            if (at.LinkTarget is null && !at.Exists)
                missing.Add(file.Path);
            else if (!await IsEqualAsync(at, file, cancellation))
                changed.Add(file.Path);
            if (changed.Count > 0 && changed[^1] == file.Path && at.LastWriteTimeUtc > manifest.TakenAt.UtcDateTime)
                newer.Add(file.Path);
        }

        var equal = manifest.Files.Length - missing.Count - changed.Count;
        return new Judged(empty with { Equal = equal, Missing = missing.ToImmutable(), Changed = changed.ToImmutable(), Newer = newer.ToImmutable(), Extra = Extra(manifest) }, manifest);
    }

    private IEnumerable<Problem> Refusals(BackupManifest manifest)
    {
        if (manifest.Files.IsEmpty)
            yield return RestoreProblems.NoFiles(manifest.Set);
        // The names are the archive's: only what the configuration names may be written, whatever they say.
        var roots = options.Files.Select(f => Path.GetFullPath(f, options.Folder).TrimEnd('/')).ToArray();
        foreach (var file in manifest.Files)
        {
            var path = PathOf(file);
            if (Array.Find(roots, r => path == r || path.StartsWith($"{r}/", StringComparison.Ordinal)) is not { } root)
                yield return RestoreProblems.NotConfigured(file.Path);
            else if (Obstacle(path, root) is { } obstacle)
                yield return RestoreProblems.InTheWay(file.Path, obstacle);
        }
    }

    /// <summary>A folder that became a link would let the file land elsewhere; a file can not replace a folder.</summary>
    private static string? Obstacle(string path, string root)
    {
        if (new FileInfo(path).LinkTarget is null && Directory.Exists(path))
            return $"{path} is a folder";
        for (var at = Path.GetDirectoryName(path); at is not null && at.Length >= root.Length; at = Path.GetDirectoryName(at))
            if (new FileInfo(at) is { LinkTarget: { } target })
                return $"{at} is a link to {target}";
            else if (File.Exists(at))
                return $"{at} is a file";
        return null;
    }

    private static async Task<bool> IsEqualAsync(FileInfo at, KeptFile file, CancellationToken cancellation)
    {
        if (file.Link is not null || at.LinkTarget is not null)
            return at.LinkTarget == file.Link;
        return at.Length == file.Bytes && await PartHash.OfFileAsync(at.FullName, cancellation) == file.Sha256;
    }

    private int Extra(BackupManifest manifest)
    {
        var known = manifest.Files.Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        var present = options.Files.Where(f => Path.Exists(Path.GetFullPath(f, options.Folder))).ToImmutableArray();
        return FilesPart.Listed(options.Folder, present).Count(f => !known.Contains(f.Name));
    }

    /// <summary>A set of files alone, which can be restored like every other.</summary>
    private async Task SaveAsync(string set, BackupLabel label, ImmutableArray<string> paths, CancellationToken cancellation)
    {
        try
        {
            var folder = await shelf.Store.BeginAsync(set, cancellation);
            var archive = Path.Combine(folder, FilesPart.Name);
            var files = await FilesPart.WriteAsync(archive, options.Folder, paths, cancellation);
            var (bytes, hash) = await PartHash.SealAsync(archive, cancellation);
            await shelf.Store.KeepAsync(set, FilesPart.Name, cancellation);
            var manifest = new BackupManifest(
                BackupManifest.CurrentFormat, set, label, clock.GetUtcNow(), "", 0, 0, "", [new BackupPart(FilesPart.Name, bytes, hash, [], 0)],
                ImmutableSortedDictionary<string, string>.Empty, ["files alone, as they were before a restore replaced them"])
            { Files = files };
            await shelf.CompleteAsync(set, folder, manifest, cancellation);
        }
        catch (IOException failure)
        {
            throw new ProblemException(RestoreProblems.NotSaved(shelf.Store.Location, failure.Message), failure);
        }
        finally
        {
            await shelf.Store.AbandonAsync(set);
        }
    }

    private async Task<int> WriteAsync(string archive, BackupManifest manifest, HashSet<string> wanted, CancellationToken cancellation)
    {
        var files = manifest.Files.ToDictionary(f => f.Path, StringComparer.Ordinal);
        var written = 0;
        try
        {
            await using var stream = File.OpenRead(archive);
            await using var zip = new GZipStream(stream, CompressionMode.Decompress);
            await using var tar = new TarReader(zip);
            while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
            {
                if (!wanted.Contains(entry.Name))
                    continue;
                await PlaceAsync(entry, files[entry.Name], cancellation);
                written++;
            }

            return written;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new ProblemException(RestoreProblems.FilesBroke(written, wanted.Count, failure.Message), failure);
        }
    }

    /// <summary>Under another name first: a reader never sees half a file, and a full disk leaves the old one.</summary>
    private async Task PlaceAsync(TarEntry entry, KeptFile file, CancellationToken cancellation)
    {
        var path = PathOf(file);
        var unfinished = $"{path}{Unfinished}";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(unfinished);
        try
        {
            if (file.Link is { } target)
                File.CreateSymbolicLink(unfinished, target);
            else
                await FillAsync(unfinished, entry, file, cancellation);
            // .NET's move on a link to a folder throws when it has to replace: the link goes first.
            if (file.Link is not null && Path.Exists(path))
                File.Delete(path);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static async Task FillAsync(string path, TarEntry entry, KeptFile file, CancellationToken cancellation)
    {
        var owner = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using (var stream = new FileStream(path, owner))
        {
            if (entry.DataStream is { } data)
                await data.CopyToAsync(stream, cancellation);
            stream.Flush(flushToDisk: true);
            stream.Position = 0;
            if (await PartHash.OfAsync(stream, cancellation) != file.Sha256)
                throw new InvalidDataException($"\"{file.Path}\" has another SHA-256 than its manifest's");
        }

        File.SetUnixFileMode(path, entry.Mode);
        File.SetLastWriteTimeUtc(path, entry.ModificationTime.UtcDateTime);
    }

    private string PathOf(KeptFile file) => Path.GetFullPath(file.Path, options.Folder);
}
