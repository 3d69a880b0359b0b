using System.Collections.Immutable;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Backups;

/// <summary>A folder on a disk that says to be nearly full from the first dump on.</summary>
internal sealed class ShrinkingStore(IBackupStore inner) : IBackupStore
{
    private readonly TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Free { get; set; } = 10L << 30;

    public async Task FillAsync(CommandCall call)
    {
        if (!call.Arguments.Any(a => a.StartsWith("--snapshot=", StringComparison.Ordinal)))
            return;
        Free = 3 << 20;
        // The dump is under way until the watch has looked.
        await _looked.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public string Location => inner.Location;

    public string Workplace => inner.Workplace;

    public bool? KeepsInWorkplace => inner.KeepsInWorkplace;

    public string PlaceOf(string set) => inner.PlaceOf(set);

    public long? FreeBytes()
    {
        if (Free < 10L << 20)
            _looked.TrySetResult();
        return Free;
    }

    public Task<Problem?> ObstacleAsync(CancellationToken cancellation) => inner.ObstacleAsync(cancellation);

    public Task<string> BeginAsync(string set, CancellationToken cancellation) => inner.BeginAsync(set, cancellation);

    public Task KeepAsync(string set, string file, CancellationToken cancellation) => inner.KeepAsync(set, file, cancellation);

    public Task CompleteAsync(string set, string manifest, CancellationToken cancellation) => inner.CompleteAsync(set, manifest, cancellation);

    public Task AbandonAsync(string set) => inner.AbandonAsync(set);

    public Task<ImmutableArray<string>> SetsAsync(CancellationToken cancellation) => inner.SetsAsync(cancellation);

    public Task<StoredFile?> OpenAsync(string set, string file, CancellationToken cancellation) => inner.OpenAsync(set, file, cancellation);

    public Task WriteAsync(string folder, string file, string text, CancellationToken cancellation) => inner.WriteAsync(folder, file, text, cancellation);

    public Task DeleteAsync(string set, CancellationToken cancellation) => inner.DeleteAsync(set, cancellation);
}
