using System.Diagnostics;
using System.Globalization;

namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>The program while it runs.</summary>
public sealed class CliProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _out;
    private readonly Task<string> _error;

    public CliProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
        _out = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <param name="signal"><c>INT</c>, as Ctrl+C and a CI's cancel button send it, or <c>TERM</c>.</param>
    public async Task InterruptAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Whether it ends by itself in this time.</summary>
    public async Task<bool> EndsWithinAsync(TimeSpan time)
    {
        using var limit = new CancellationTokenSource(time);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Kill() => _process.Kill();

    public async Task<CliResult> EndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await _process.WaitForExitAsync(patience.Token);
        return new CliResult(_process.ExitCode, await _out, await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
