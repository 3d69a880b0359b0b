using System.Collections.Immutable;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.BackupStores.Folder;

/// <summary>The store as folders: a set is written under a name that is none, and gets its own when it is complete.</summary>
/// <param name="folder">Absolute.</param>
/// <param name="mounts">Null outside a container; else where the folder lies, as the kernel tells.</param>
public sealed class FolderStore(string folder, MountTable? mounts) : IBackupStore
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Location { get; } = folder;

    public string PlaceOf(string set) => Path.Combine(Location, SetNames.Checked(set));

    public string Workplace => Location;

    public bool? KeepsInWorkplace => true;

    public long? FreeBytes() => FreeSpace.Of(Location);

    public Task<Problem?> ObstacleAsync(CancellationToken cancellation) => Task.FromResult(Obstacle());

    private Problem? Obstacle()
    {
        if (mounts?.Perishable(Location) is { } mount)
            return BackupStoreProblems.Perishes(Location, mount);
        try
        {
            Directory.CreateDirectory(Location);
            var probe = Path.Combine(Location, $".write-test-{Guid.NewGuid():N}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
                return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return BackupStoreProblems.Unusable(Location, failure.Message);
        }
    }

    /// <remarks>What an interrupted run left under the same name is removed.</remarks>
    public Task<string> BeginAsync(string set, CancellationToken cancellation)
    {
        var unfinished = PlaceOf(set) + SetNames.Unfinished;
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        return Task.FromResult(Directory.CreateDirectory(unfinished, OwnerOnly).FullName);
    }

    /// <summary>The file is in its place already.</summary>
    public Task KeepAsync(string set, string file, CancellationToken cancellation) => Task.CompletedTask;

    public Task CompleteAsync(string set, string manifest, CancellationToken cancellation)
    {
        Directory.Move(PlaceOf(set) + SetNames.Unfinished, PlaceOf(set));
        return Task.CompletedTask;
    }

    public Task AbandonAsync(string set)
    {
        var unfinished = PlaceOf(set) + SetNames.Unfinished;
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<string>> SetsAsync(CancellationToken cancellation) => Task.FromResult<ImmutableArray<string>>(!Directory.Exists(Location)
        ? []
        : [.. Directory.EnumerateDirectories(Location).Where(d => File.Exists(Path.Combine(d, SetNames.Manifest))).Select(d => Path.GetFileName(d)).Where(SetNames.CanBe)]);

    public Task<StoredFile?> OpenAsync(string set, string file, CancellationToken cancellation)
    {
        var path = Path.Combine(PlaceOf(set), SetNames.Checked(file));
        return Task.FromResult(File.Exists(path) ? new StoredFile(path, null) : null);
    }

    public async Task WriteAsync(string folder, string file, string text, CancellationToken cancellation)
    {
        var place = PlaceOf(folder);
        try
        {
            if (!Directory.Exists(place))
                Directory.CreateDirectory(place, OwnerOnly);
            var path = Path.Combine(place, SetNames.Checked(file));
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                Options = FileOptions.Asynchronous,
            };
            await using (var stream = new FileStream($"{path}.tmp", options))
            {
                await using var writer = new StreamWriter(stream, leaveOpen: true);
                await writer.WriteAsync(text.AsMemory(), cancellation);
                await writer.FlushAsync(cancellation);
                stream.Flush(flushToDisk: true);
            }

            File.Move($"{path}.tmp", path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(BackupStoreProblems.Unusable(Location, failure.Message), failure);
        }
    }

    public Task DeleteAsync(string set, CancellationToken cancellation)
    {
        var place = PlaceOf(set);
        try
        {
            File.Delete(Path.Combine(place, SetNames.Manifest));
            Directory.Delete(place, recursive: true);
            return Task.CompletedTask;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(BackupStoreProblems.Unusable(Location, failure.Message), failure);
        }
    }
}
