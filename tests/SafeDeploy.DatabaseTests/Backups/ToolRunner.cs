using System.Diagnostics;
using SafeDeploy.Ports;

namespace SafeDeploy.DatabaseTests.Backups;

/// <summary>Starts the real client tools; a test can act just before or after one of them.</summary>
internal sealed class ToolRunner : ICommandRunner
{
    public Func<CommandCall, Task> Before { get; init; } = _ => Task.CompletedTask;

    public Func<CommandCall, Task> After { get; init; } = _ => Task.CompletedTask;

    public async Task<CommandResult> RunAsync(CommandCall call, CancellationToken cancellation)
    {
        await Before(call);
        var start = new ProcessStartInfo(call.Arguments[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in call.Arguments.Skip(1))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in call.Environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(cancellation);
        var output = new System.Text.StringBuilder();
        while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            call.OnLine?.Invoke(line);
            output.AppendLine(line);
        }

        await process.WaitForExitAsync(cancellation);
        await After(call);
        return new CommandResult(process.ExitCode, output.ToString(), await error, TimeSpan.Zero, false);
    }
}
