namespace SafeDeploy.Integrations.Hosts;

/// <summary>The discussion of a pull request at whoever hosts the repository, where another host runs the job.</summary>
/// <exception cref="RestRefusedException">Of every method.</exception>
public interface IChangeDiscussion : IDisposable
{
    /// <summary>The files that it adds or changes, from the repository's root; null where the host does not list all of them.</summary>
    Task<IReadOnlySet<string>?> ChangedPathsAsync(int pullRequest, CancellationToken cancellation);

    /// <summary>The one comment with the marker is brought up to date, or made.</summary>
    /// <param name="onlyUpdate">Makes none where none stands.</param>
    Task CommentAsync(int pullRequest, string marker, string body, bool onlyUpdate, CancellationToken cancellation);
}
