using System.CommandLine;
using SafeDeploy.Cli.Commands;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli;

/// <summary>Reads the command line and hands over to a verb; a wrong line never reaches one.</summary>
public static class FrontDoor
{
    public static async Task<int> RunAsync(string[] args, Invocation invocation)
    {
        var root = Root(invocation);
        var line = root.Parse(args);
        if (line.Errors.Count > 0)
        {
            await WrongUsageAsync(line, invocation);
            return (int)ExitCode.Usage;
        }

        try
        {
            return await line.InvokeAsync(new InvocationConfiguration
            {
                Output = invocation.Out,
                Error = invocation.Error,
                EnableDefaultExceptionHandler = false,
                // Signals.cs decides what a signal means; the library must not cut a rollback short.
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            await invocation.Error.WriteAsync(ProblemText.Render(UsageProblems.UnexpectedError(bug)));
            return (int)ExitCode.PersonNeeded;
        }
    }

    private static RootCommand Root(Invocation invocation)
    {
        var root = new RootCommand("Deploys an image and the migrations of a multi-tenant database as one recorded, reversible thing.");
        root.Options.Add(CommonOptions.Config);
        root.Options.Add(CommonOptions.Environment);
        root.Options.Add(CommonOptions.Output);
        root.Options.Add(CommonOptions.Image);
        root.Options.Add(CommonOptions.Release);
        foreach (var command in AllCommands.For(invocation))
            root.Subcommands.Add(command);
        return root;
    }

    private static async Task WrongUsageAsync(ParseResult line, Invocation invocation)
    {
        var verb = line.CommandResult.Command is RootCommand ? "" : $" {line.CommandResult.Command.Name}";
        foreach (var error in line.Errors)
            await invocation.Error.WriteAsync(ProblemText.Render(UsageProblems.WrongLine(error.Message, verb)));
    }
}
