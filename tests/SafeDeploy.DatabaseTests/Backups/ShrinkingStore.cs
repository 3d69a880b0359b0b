using System.Collections.Immutable;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Backups;

/// <summary>A folder on a disk that says to be nearly full from the first dump on.</summary>
internal sealed class ShrinkingStore(IBackupStore inner) : IBackupStore
{
    public long Free { get; set; } = 10L << 30;

    public async Task FillAsync(CommandCall call)
    {
        if (!call.Arguments.Any(a => a.StartsWith("--snapshot=", StringComparison.Ordinal)))
            return;
        Free = 3 << 20;
        // Longer than the watch's interval: the dump is under way when it looks.
        await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System);
    }

    public string Location => inner.Location;

    public string PlaceOf(string set) => inner.PlaceOf(set);

    public long? FreeBytes() => Free;

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
