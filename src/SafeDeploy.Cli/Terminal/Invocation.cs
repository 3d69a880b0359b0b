using System.Collections.Immutable;
using System.Text;

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

    public static Invocation OfThisProcess()
    {
        var handed = Terminal.HandedOver.Of(VariablesOfThisProcess());
        // Gone from here on for every program that this one starts.
        foreach (var name in handed.Values.Keys)
            Environment.SetEnvironmentVariable(Terminal.HandedOver.Prefix + name, null);
        return new Invocation(
            handed.Variables, Environment.CurrentDirectory, Environment.UserName, Environment.MachineName, Environment.ProcessId, Results(), Console.Error, !Console.IsErrorRedirected)
        {
            CalledAs = ProgramName(),
            In = Console.IsInputRedirected || Console.IsErrorRedirected ? null : Console.In,
            HandedOver = handed.Values,
        };
    }

    /// <summary>What a shim handed over, by name; see <see cref="Terminal.HandedOver"/>.</summary>
    public ImmutableDictionary<string, string> HandedOver { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Empty when it was not handed over.</summary>
    public string Handed(string name) => HandedOver.GetValueOrDefault(name, "");

    // Console.Out hands 256 characters at a time to the system; a plan of thousands of files has thirty million.
    private static TextWriter Results() =>
        TextWriter.Synchronized(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16) { AutoFlush = true });

    // A loop, not a query: what the runtime has to compile for one is a twentieth of the start.
    private static ImmutableDictionary<string, string> VariablesOfThisProcess()
    {
        var variables = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var each = Environment.GetEnvironmentVariables().GetEnumerator();
        while (each.MoveNext())
            variables[(string)each.Key] = (string?)each.Value ?? "";
        return variables.ToImmutable();
    }

    /// <summary>Further forms of the answer of <c>plan</c>, for a caller inside this process: the plan is made once.</summary>
    public ImmutableArray<PlanForm> AlsoAs { get; init; } = [];

    /// <summary>Told beside the story how far a stage is: what, done, total. Null when nobody wants it.</summary>
    public Action<string, int, int>? Progress { get; init; }

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
