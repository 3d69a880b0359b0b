using System.CommandLine;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Pipeline;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>recover</c>: finishes or takes back what a process that died left behind; <c>--dry-run</c> only says which.</summary>
public static class RecoverCommand
{
    public static Command Of(Invocation invocation)
    {
        var command = new Command("recover", "Finishes or rolls back a deployment whose run died; fences it first.");
        command.Options.Add(DeploymentOptions.Reason);
        command.Options.Add(DeploymentOptions.TakeOver);
        command.Options.Add(DeploymentOptions.OwnRun);
        command.Options.Add(DeploymentOptions.DryRun);
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => ActAsync(session, line)));
        return command;
    }

    private static async Task<int> ActAsync(Session session, ParseResult line)
    {
        var request = new RecoveryRequest(session.Run, line.GetValue(DeploymentOptions.Reason) ?? "", line.GetValue(DeploymentOptions.TakeOver)) { OwnRunOnly = line.GetValue(DeploymentOptions.OwnRun) };
        if (line.GetValue(DeploymentOptions.DryRun))
            return session.Finish(await session.Recovery.DecideAsync(request, session.Signals.Cancellation.Graceful));
        return session.Finish(await session.Recovery.RunAsync(request, session.Signals.Cancellation), rolledBackIsDone: true);
    }
}
