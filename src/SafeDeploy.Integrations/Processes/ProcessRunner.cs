using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Processes;

/// <summary>The only place that starts a process: argument lists, streams read as they come, a polite stop before the kill.</summary>
public sealed partial class ProcessRunner(TimeProvider clock) : ICommandRunner
{
    private const int OutputLimit = 1 << 20;
    private const int ErrorLimit = 1 << 16;
    private const int SigTerm = 15;
    private static readonly TimeSpan Politeness = TimeSpan.FromSeconds(5);

    public async Task<CommandResult> RunAsync(CommandCall call, CancellationToken cancellation)
    {
        using var process = Start(call);
        var started = clock.GetTimestamp();
        var output = new OutputTail(OutputLimit);
        var error = new OutputTail(ErrorLimit);
        var streams = Task.WhenAll(
            PumpAsync(process.StandardOutput, output, call.OnLine),
            PumpAsync(process.StandardError, error, call.OnLine),
            FeedAsync(process, call.Input));
        var timedOut = await EndAsync(process, call.Timeout, cancellation);
        await DrainAsync(streams, cancellation);
        return new CommandResult(process.ExitCode, output.ToString(), error.ToString(), clock.GetElapsedTime(started), timedOut);
    }

    private static Process Start(CommandCall call)
    {
        var start = new ProcessStartInfo(call.Arguments[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = call.WorkingDirectory ?? "",
        };
        foreach (var argument in call.Arguments.Skip(1))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in call.Environment)
            start.Environment[name] = value;
        try
        {
            return Process.Start(start) ?? throw new InvalidOperationException("a process that is not shell-executed is always new");
        }
        catch (Win32Exception failure)
        {
            throw new ProblemException(ProcessProblems.CannotStart(call.Arguments[0], call.WorkingDirectory ?? ".", failure.Message), failure);
        }
    }

    /// <returns>Whether its time was over.</returns>
    private async Task<bool> EndAsync(Process process, TimeSpan? timeout, CancellationToken cancellation)
    {
        using var over = timeout is { } time ? new CancellationTokenSource(time, clock) : new CancellationTokenSource();
        using var both = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellation);
        try
        {
            await process.WaitForExitAsync(both.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            await StopAsync(process);
            cancellation.ThrowIfCancellationRequested();
            return true;
        }
    }

    /// <summary>A program that ended may have left one behind that holds its streams open: that one is not waited for.</summary>
    private async Task DrainAsync(Task streams, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(Politeness, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await streams.WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // What came until now is the output; whatever the one left behind still says is not the program's word.
            _ = streams.ContinueWith(ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private async Task StopAsync(Process process)
    {
        // ESRCH (already gone) is as good as stopped; nothing else can be done about a refusal but the kill below.
        _ = Kill(process.Id, SigTerm);
        using var patience = new CancellationTokenSource(Politeness, clock);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task PumpAsync(StreamReader stream, OutputTail tail, Action<string>? onLine)
    {
        while (await stream.ReadLineAsync() is { } line)
        {
            tail.Add(line);
            onLine?.Invoke(line);
        }
    }

    private static async Task FeedAsync(Process process, string? input)
    {
        try
        {
            if (input is not null)
                await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading all of its input: its exit code tells whether that was right.
            process.StandardInput.Dispose();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
