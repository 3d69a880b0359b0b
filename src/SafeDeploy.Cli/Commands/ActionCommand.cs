using System.CommandLine;
using SafeDeploy.Cli.Actions;
using SafeDeploy.Cli.Terminal;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>action</c>: the program as a container action of GitHub; its inputs are the command line.</summary>
public static class ActionCommand
{
    private const string PostName = "safe-deploy-post";

    private static readonly Argument<string?> Verb = new("step")
    {
        Description = "The step; without it the input of that name decides.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> Post = new("--post") { Description = "The post step; a link named safe-deploy-post means it too." };

    public static Command Of(Invocation invocation)
    {
        var command = new Command("action", "For action.yml: reads INPUT_*, runs the step, reports to GitHub.") { Hidden = true };
        command.Arguments.Add(Verb);
        command.Options.Add(Post);
        command.SetAction(async (line, cancellation) =>
        {
            using var run = new ActionRun(invocation, line.GetValue(Verb));
            return await run.RunAsync(line.GetValue(Post) || invocation.CalledAs == PostName, cancellation);
        });
        return command;
    }
}
