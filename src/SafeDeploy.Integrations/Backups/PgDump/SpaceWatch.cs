using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Looks at the store's disk while a set is written, and stops the writing before the disk is full.</summary>
internal sealed class SpaceWatch(IBackupStore store, long floor, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Does the work; fails with SD0504 and both numbers when the floor is reached meanwhile.</summary>
    public async Task<T> WhileAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var done = new CancellationTokenSource();
        var watch = WatchAsync(stop, done.Token);
        try
        {
            return await work(stop.Token);
        }
        catch (Exception cut) when (stop.IsCancellationRequested && !cancellation.IsCancellationRequested && cut is OperationCanceledException or ProblemException or IOException)
        {
            throw new ProblemException(PgDumpProblems.Full(store.Workplace, store.FreeBytes() ?? 0, floor, cut.Message), cut);
        }
        finally
        {
            await done.CancelAsync();
            await watch;
        }
    }

    private async Task WatchAsync(CancellationTokenSource stop, CancellationToken done)
    {
        try
        {
            while (store.FreeBytes() is not { } free || free >= floor)
                await Task.Delay(Interval, clock, done);
            await stop.CancelAsync();
        }
        catch (OperationCanceledException) when (done.IsCancellationRequested)
        {
            // The work ended first.
        }
    }
}
