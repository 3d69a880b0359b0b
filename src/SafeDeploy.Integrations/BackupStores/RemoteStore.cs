using System.Collections.Concurrent;
using System.Collections.Immutable;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.BackupStores;

/// <summary>The store as files kept elsewhere: each leaves this machine when it is finished, and the manifest last.</summary>
/// <remarks>A set is there when its manifest is: no rename is needed, which neither a bucket nor a program could promise.</remarks>
public sealed class RemoteStore(IRemoteFiles files) : IBackupStore
{
    private const string Unreliable = "keep, list and get a file there by hand; correct the store before it is needed";

    private readonly ConcurrentDictionary<string, WorkFolder> _begun = new(StringComparer.Ordinal);

    public string Location { get; } = files.PlaceOf("").TrimEnd('/');

    public string Workplace => WorkFolder.Place;

    public bool? KeepsInWorkplace => files.AreElsewhere ? false : null;

    public string PlaceOf(string set) => files.PlaceOf(SetNames.Checked(set));

    public long? FreeBytes() => FreeSpace.Of(Workplace);

    public async Task<Problem?> ObstacleAsync(CancellationToken cancellation)
    {
        try
        {
            return await ProbeAsync(cancellation);
        }
        catch (ProblemException refused)
        {
            return refused.Problem;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return BackupStoreProblems.Unusable(Workplace, failure.Message);
        }
    }

    /// <summary>All four doings once: a store that takes files and does not give them back is found before it is needed.</summary>
    private async Task<Problem?> ProbeAsync(CancellationToken cancellation)
    {
        using var folder = WorkFolder.Make();
        var (sent, back) = (Path.Combine(folder.Path, "sent"), Path.Combine(folder.Path, "back"));
        var name = $"write-test-{Guid.NewGuid():N}/probe";
        await File.WriteAllTextAsync(sent, name, cancellation);
        await files.PutAsync(name, sent, cancellation);
        var isListed = (await files.ListAsync(name, cancellation)).Contains(name);
        var isSame = await files.GetAsync(name, back, cancellation) && await File.ReadAllTextAsync(back, cancellation) == name;
        await files.DeleteAsync(name, cancellation);
        return !isListed ? BackupStoreProblems.Refused(Location, $"a file that was kept is not listed: {name}", "", Unreliable)
            : !isSame ? BackupStoreProblems.Refused(Location, $"a file that was kept did not come back as it was: {name}", "", Unreliable)
            : null;
    }

    /// <remarks>What an interrupted run left under the same name is removed.</remarks>
    public async Task<string> BeginAsync(string set, CancellationToken cancellation)
    {
        await AbandonAsync(set);
        WorkFolder.Sweep();
        await RemoveAsync(SetNames.Checked(set), cancellation);
        return _begun.GetOrAdd(set, _ => WorkFolder.Make()).Path;
    }

    /// <summary>Sends it away; the disk of this machine holds only what is not finished.</summary>
    public async Task KeepAsync(string set, string file, CancellationToken cancellation)
    {
        var path = Path.Combine(_begun[set].Path, SetNames.Checked(file));
        await files.PutAsync($"{set}/{file}", path, cancellation);
        File.Delete(path);
    }

    public async Task CompleteAsync(string set, string manifest, CancellationToken cancellation)
    {
        await files.PutAsync($"{set}/{manifest}", Path.Combine(_begun[set].Path, manifest), cancellation);
        Forget(set);
    }

    public async Task AbandonAsync(string set)
    {
        if (!Forget(set))
            return;
        try
        {
            await RemoveAsync(set, CancellationToken.None);
        }
        catch (ProblemException)
        {
            // A store that is away keeps what it has; without a manifest it is no set, and the same deployment's next try removes it.
            return;
        }
    }

    public async Task<ImmutableArray<string>> SetsAsync(CancellationToken cancellation)
    {
        var names = await files.ListAsync("", cancellation);
        return [.. names.Select(n => n.Split('/')).Where(n => n is [_, SetNames.Manifest] && SetNames.CanBe(n[0])).Select(n => n[0]).Distinct(StringComparer.Ordinal)];
    }

    public async Task<StoredFile?> OpenAsync(string set, string file, CancellationToken cancellation)
    {
        var name = $"{SetNames.Checked(set)}/{SetNames.Checked(file)}";
        var folder = WorkFolder.Make();
        try
        {
            var copy = Path.Combine(folder.Path, file);
            if (await files.GetAsync(name, copy, cancellation))
                return new StoredFile(copy, folder.Dispose);
            folder.Dispose();
            return null;
        }
        catch (IOException failure)
        {
            folder.Dispose();
            throw new ProblemException(BackupStoreProblems.Unusable(Workplace, failure.Message), failure);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public async Task WriteAsync(string folder, string file, string text, CancellationToken cancellation)
    {
        var name = $"{SetNames.Checked(folder)}/{SetNames.Checked(file)}";
        try
        {
            using var work = WorkFolder.Make();
            var path = Path.Combine(work.Path, file);
            await File.WriteAllTextAsync(path, text, cancellation);
            await files.PutAsync(name, path, cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(BackupStoreProblems.Unusable(Workplace, failure.Message), failure);
        }
    }

    public Task DeleteAsync(string set, CancellationToken cancellation) => RemoveAsync(SetNames.Checked(set), cancellation);

    private bool Forget(string set)
    {
        if (!_begun.TryRemove(set, out var folder))
            return false;
        folder.Dispose();
        return true;
    }

    /// <summary>The manifest first: what is left when this fails is no set.</summary>
    private async Task RemoveAsync(string set, CancellationToken cancellation)
    {
        var prefix = $"{set}/";
        var names = (await files.ListAsync(prefix, cancellation)).Where(n => n.StartsWith(prefix, StringComparison.Ordinal));
        foreach (var name in names.OrderBy(n => n == prefix + SetNames.Manifest ? 0 : 1))
            await files.DeleteAsync(name, cancellation);
        await files.SweepAsync(prefix, cancellation);
    }
}
