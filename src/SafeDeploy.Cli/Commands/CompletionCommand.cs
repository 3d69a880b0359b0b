using System.CommandLine;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>completion SHELL</c>: prints what the shell reads to complete verbs, options and values.</summary>
public static class CompletionCommand
{
    private static readonly Argument<string> Shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." }.AcceptOnlyFromAmong("bash", "zsh", "fish");

    public static Command Of(Invocation invocation)
    {
        var command = new Command("completion", "Prints a script that completes verbs, options and values in a shell.");
        command.Arguments.Add(Shell);
        command.SetAction(line =>
        {
            invocation.Out.Write(CompletionScripts.For(line.GetValue(Shell)!));
            return (int)ExitCode.Done;
        });
        return command;
    }
}
