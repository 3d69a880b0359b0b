using System.Collections;
using System.Collections.Immutable;

namespace SafeDeploy.Cli.Terminal;

/// <summary>What the process was started with: variables, folder, user, and the two output streams.</summary>
/// <param name="Variables">The environment, read once.</param>
/// <param name="Out">Results: exactly one document or text.</param>
/// <param name="Error">The story.</param>
/// <param name="IsInteractive">The story goes to a terminal: progress may be redrawn.</param>
public sealed record Invocation(
    ImmutableDictionary<string, string> Variables,
    string Folder,
    string User,
    string Machine,
    int ProcessId,
    TextWriter Out,
    TextWriter Error,
    bool IsInteractive)
{
    /// <summary>Where a person answers; null when nobody can be asked.</summary>
    public TextReader? In { get; init; }

    public static Invocation OfThisProcess() => new(
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToImmutableDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal),
        Environment.CurrentDirectory,
        Environment.UserName,
        Environment.MachineName,
        Environment.ProcessId,
        Console.Out,
        Console.Error,
        !Console.IsErrorRedirected)
    {
        CalledAs = ProgramName(),
        In = Console.IsInputRedirected || Console.IsErrorRedirected ? null : Console.In,
    };

    /// <summary>Further forms of the answer of <c>plan</c>, for a caller inside this process: the plan is made once.</summary>
    public ImmutableArray<PlanForm> AlsoAs { get; init; } = [];

    /// <summary>Full paths of what a pull request changes, from a caller inside this process: <c>plan --files</c> judges these and plays the others for what they made. Null: all are judged.</summary>
    public IReadOnlySet<string>? Changed { get; init; }

    /// <summary>The name that the program was started by; a link to it has its own.</summary>
    public string CalledAs { get; init; } = "";

    /// <summary>The runtime knows the program by its real path only; the kernel knows the name that was called.</summary>
    private static string ProgramName() =>
        File.Exists("/proc/self/cmdline") ? Path.GetFileName(File.ReadAllText("/proc/self/cmdline").Split('\0')[0]) : "";

    public string? Variable(string name) => Variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
}

/// <summary>One more form of an answer, and where it goes.</summary>
/// <param name="Form">As <c>--output</c> calls it.</param>
/// <param name="Limit">The most bytes it may have, where the form has a limit.</param>
public sealed record PlanForm(string Form, int Limit, TextWriter Text);
