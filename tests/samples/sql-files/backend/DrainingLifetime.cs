using System.Runtime.InteropServices;

namespace PointOfSale;

/// <summary>
/// SIGTERM begins a drain instead of the end: requests that are under way, and new ones on connections that are open, are
/// answered with <c>Connection: close</c>. Only then does the server stop. Without it, a client that reuses a connection
/// in the moment of the stop loses its request.
/// </summary>
internal sealed class DrainingLifetime(Settings settings, IHostApplicationLifetime application, TimeProvider time) : IHostLifetime, IDisposable
{
    private readonly CancellationTokenSource _stopped = new();
    private PosixSignalRegistration? _terminate;
    private PosixSignalRegistration? _interrupt;
    private int _draining;

    public bool IsDraining => Volatile.Read(ref _draining) != 0;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Begin);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Begin);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await _stopped.CancelAsync();

    public void Dispose()
    {
        _terminate?.Dispose();
        _interrupt?.Dispose();
        _stopped.Dispose();
    }

    private void Begin(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (Interlocked.Exchange(ref _draining, 1) == 0)
            _ = EndAfterDrainAsync();
    }

    private async Task EndAfterDrainAsync()
    {
        try
        {
            await Task.Delay(settings.Drain, time, _stopped.Token);
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            return;
        }

        application.StopApplication();
    }
}
