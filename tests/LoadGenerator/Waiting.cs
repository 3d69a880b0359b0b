using System.Runtime.InteropServices;

/// <summary>A program that only waits: as process 1 of a container it shows which signals reach a .NET program.</summary>
internal static class Waiting
{
    /// <param name="hears">Registers for both signals; without it the kernel drops them, for process 1 has no default action.</param>
    public static async Task<int> RunAsync(bool hears)
    {
        var heard = new TaskCompletionSource<PosixSignal>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = hears ? PosixSignalRegistration.Create(PosixSignal.SIGINT, Hear) : null;
        using var terminate = hears ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, Hear) : null;
        Console.WriteLine("waiting");
        Console.WriteLine($"cleaned up after {await heard.Task}");
        return 5;

        void Hear(PosixSignalContext signal)
        {
            signal.Cancel = true;
            heard.TrySetResult(signal.Signal);
        }
    }
}
