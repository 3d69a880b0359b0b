using System.Collections.Immutable;

namespace SafeDeploy.Integrations.BackupStores;

/// <summary>Files by name, kept elsewhere: all that a bucket or a program has to be able to do. Names are <c>FOLDER/FILE</c>.</summary>
/// <remarks>Whatever goes wrong there leaves as a problem of <see cref="BackupStoreProblems"/>.</remarks>
public interface IRemoteFiles
{
    /// <summary>For messages, and for the receipt of a set.</summary>
    string PlaceOf(string name);

    /// <summary>Certainly on no disk of this machine.</summary>
    bool AreElsewhere => false;

    /// <summary>Keeps a file of this machine; one of the same name is replaced. Done only when it is safe there.</summary>
    Task PutAsync(string name, string file, CancellationToken cancellation);

    /// <summary>Writes what is kept to a file of this machine that is not there yet; false when nothing of this name is kept.</summary>
    Task<bool> GetAsync(string name, string file, CancellationToken cancellation);

    /// <summary>Every name that begins so, in no order; others may be among them.</summary>
    Task<ImmutableArray<string>> ListAsync(string prefix, CancellationToken cancellation);

    /// <summary>Nothing to do when it is not there.</summary>
    Task DeleteAsync(string name, CancellationToken cancellation);

    /// <summary>Removes what uploads left that never ended; they have no name that <see cref="ListAsync"/> gives.</summary>
    Task SweepAsync(string prefix, CancellationToken cancellation);
}
