using System.Collections.Immutable;
using SafeDeploy.Cli;
using SafeDeploy.Cli.Terminal;

namespace SafeDeploy.Tests.Cli;

/// <summary>The front door called inside the test's process, with an environment and a folder of its own.</summary>
internal sealed record Called(int Code, string Out, string Error)
{
    public static Task<Called> WithAsync(params string[] args) => InAsync(Path.GetTempPath(), args);

    public static async Task<Called> InAsync(string folder, params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var invocation = new Invocation(ImmutableDictionary<string, string>.Empty, folder, "somebody", "somewhere", 1, output, error, false);
        var code = await FrontDoor.RunAsync(args, invocation);
        return new Called(code, output.ToString(), error.ToString());
    }

    public override string ToString() => $"exit {Code}\n{Out}{Error}";
}
