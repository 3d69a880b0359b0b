using System.CommandLine;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Pipeline;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>rollback</c>: decides, explains, executes, verifies; <c>--dry-run</c> stops after explaining.</summary>
public static class RollbackCommand
{
    private static readonly Option<string?> To = new("--to")
    {
        Description = "Goes back over several releases: a version (or image digest) that served before; history lists them.",
    };

    public static Command Of(Invocation invocation)
    {
        var command = new Command("rollback", "Decides the way back from the ledger and the live world, takes it, proves it.");
        command.Options.Add(To);
        command.Options.Add(DeploymentOptions.Reason);
        command.Options.Add(DeploymentOptions.TakeOver);
        command.Options.Add(DeploymentOptions.DryRun);
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => ActAsync(session, line)));
        return command;
    }

    private static async Task<int> ActAsync(Session session, ParseResult line)
    {
        var manual = new ManualRollback(session.World, session.Rollback);
        if (line.GetValue(DeploymentOptions.DryRun))
            return session.Finish(await manual.DecideAsync(line.GetValue(To), session.Signals.Cancellation.Graceful));
        var request = new ManualRollbackRequest(session.Run, line.GetValue(DeploymentOptions.Reason) ?? "", line.GetValue(DeploymentOptions.TakeOver), line.GetValue(To));
        return session.Finish(await manual.RunAsync(request, session.Signals.Cancellation), rolledBackIsDone: true);
    }
}
