using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Ports;

/// <summary>Where backup sets are kept. A set is there when its manifest is; everything else of it is written before.</summary>
public interface IBackupStore
{
    /// <summary>For messages: a folder, a bucket, or the program that keeps them.</summary>
    string Location { get; }

    /// <summary>Where a set of this name is, for messages and receipts.</summary>
    string PlaceOf(string set);

    /// <summary>Why nothing could be kept here, or null; proved by keeping a file and taking it away again.</summary>
    Task<Problem?> ObstacleAsync(CancellationToken cancellation);

    /// <summary>The folder on this machine where a set is written; where the store is elsewhere, its files leave it one by one.</summary>
    string Workplace { get; }

    /// <summary>True: the sets stay in <see cref="Workplace"/>. False: on no disk of this machine. Null: that is not known.</summary>
    bool? KeepsInWorkplace { get; }

    /// <summary>Bytes free in <see cref="Workplace"/>, or null where it does not tell.</summary>
    long? FreeBytes();

    /// <summary>An empty folder on this machine to write a set into, readable by its owner only.</summary>
    Task<string> BeginAsync(string set, CancellationToken cancellation);

    /// <summary>A file of the set is finished and will not change: it may go on its way.</summary>
    /// <param name="file">Its name in the folder that <see cref="BeginAsync"/> gave.</param>
    Task KeepAsync(string set, string file, CancellationToken cancellation);

    /// <summary>Keeps the manifest, the last file of all, and gives the set its name.</summary>
    Task CompleteAsync(string set, string manifest, CancellationToken cancellation);

    /// <summary>Removes what an unfinished set left, here and there. Nothing happens to a complete one.</summary>
    Task AbandonAsync(string set);

    /// <summary>Names of the complete sets, in no order.</summary>
    Task<ImmutableArray<string>> SetsAsync(CancellationToken cancellation);

    /// <summary>A file of a complete set on this machine, or null when it is not there. Disposing removes a copy that was fetched.</summary>
    Task<StoredFile?> OpenAsync(string set, string file, CancellationToken cancellation);

    /// <summary>Keeps a small text beside the parts of a set (or in a folder that is none); one of the same name is replaced.</summary>
    Task WriteAsync(string folder, string file, string text, CancellationToken cancellation);

    /// <summary>Removes a set, its manifest first: what is left of it when this fails is no set any more.</summary>
    Task DeleteAsync(string set, CancellationToken cancellation);
}

/// <summary>A file of a set, on this machine.</summary>
/// <param name="fetched">The copy to remove, or null where the file is the kept one itself.</param>
public sealed class StoredFile(string path, Action? fetched) : IDisposable
{
    public string Path { get; } = path;

    public void Dispose() => fetched?.Invoke();
}
