using System.Collections.Immutable;

namespace SafeDeploy.Ports;

/// <summary>The only way to start a process.</summary>
public interface ICommandRunner
{
    /// <summary>Runs to the end. A non-zero exit is a result, not an exception; a program that is not there fails with SD0901.</summary>
    /// <remarks>On cancellation the process group gets SIGTERM, then SIGKILL after five seconds, before the call throws.</remarks>
    Task<CommandResult> RunAsync(CommandCall call, CancellationToken cancellation);
}

/// <param name="Arguments">Program first; never a shell string.</param>
/// <param name="Environment">Added to the inherited environment.</param>
/// <param name="OnLine">Each line of stdout and stderr as it comes; null to only collect.</param>
public sealed record CommandCall(
    ImmutableArray<string> Arguments,
    ImmutableDictionary<string, string> Environment,
    string? WorkingDirectory,
    TimeSpan? Timeout,
    Action<string>? OnLine = null,
    string? Input = null);

/// <param name="Output">The last 1 MiB of stdout.</param>
/// <param name="Error">The last 64 KiB of stderr.</param>
/// <param name="TimedOut">Killed because its time was over; the exit code then says nothing.</param>
public sealed record CommandResult(int ExitCode, string Output, string Error, TimeSpan Duration, bool TimedOut);
