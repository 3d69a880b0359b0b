using System.CommandLine;
using SafeDeploy.Cli.Actions;
using SafeDeploy.Cli.Terminal;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>action</c>: the program as a step of a CI host; the host's inputs are the command line.</summary>
public static class ActionCommand
{
    private const string PostName = "safe-deploy-post";

    private static readonly Argument<string?> Verb = new("step")
    {
        Description = "The step; without it the input of that name decides.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> Post = new("--post") { Description = "The post step; a link named safe-deploy-post means it too." };

    private static readonly Option<string?> Host = new Option<string?>("--host") { Description = "The CI host; without it the environment decides." }
        .AcceptOnlyFromAmong([.. HostChoice.Names]);

    public static Command Of(Invocation invocation)
    {
        var command = new Command("action", "For the manifests of the CI hosts: reads their inputs, runs the step, reports to the host.") { Hidden = true };
        command.Arguments.Add(Verb);
        command.Options.Add(Post);
        command.Options.Add(Host);
        command.SetAction(async (line, cancellation) =>
        {
            using var host = await HostChoice.OpenAsync(HostChoice.NameOf(line.GetValue(Host), invocation.Variables), invocation, cancellation);
            return await new ActionRun(invocation, host, line.GetValue(Verb)).RunAsync(line.GetValue(Post) || invocation.CalledAs == PostName, cancellation);
        });
        return command;
    }
}
