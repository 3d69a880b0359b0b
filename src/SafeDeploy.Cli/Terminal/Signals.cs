using System.Runtime.InteropServices;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Terminal;

/// <summary>First SIGINT or SIGTERM: graceful. Second: forceful. Both must be registered: .NET as PID 1 ignores them otherwise.</summary>
public sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource _graceful = new();
    private readonly CancellationTokenSource _forceful = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public Signals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    public RunCancellation Cancellation => new(_graceful.Token, _forceful.Token);

    public bool WereReceived => _graceful.IsCancellationRequested;

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_graceful.IsCancellationRequested)
            _forceful.Cancel();
        _graceful.Cancel();
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _graceful.Dispose();
        _forceful.Dispose();
    }
}
