using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Terminal;

/// <summary><c>--version</c>: the version, and the commit that the program was built from.</summary>
public sealed class VersionAction(Terminal.Invocation invocation) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        invocation.Out.WriteLine($"safe-deploy {Words(BuiltFrom())}");
        return (int)ExitCode.Done;
    }

    /// <summary>The compiler writes <c>VERSION+COMMIT</c>; without a repository there is no commit.</summary>
    public static string Words(string informational) => informational.Split('+', 2) switch
    {
        [var version, { Length: > 0 } commit] => $"{version} (commit {commit})",
        [var version, ..] => $"{version} (commit not known: built outside a repository)",
        _ => informational,
    };

    private static string BuiltFrom() =>
        typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
