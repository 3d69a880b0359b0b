using System.CommandLine;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Pipeline;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>run</c> and the verbs of its single stages.</summary>
public static class RunCommand
{
    public static Command Of(Invocation invocation, StepName? step, string name, string description)
    {
        var command = new Command(name, description);
        command.Options.Add(DeploymentOptions.Deployment);
        command.Options.Add(DeploymentOptions.Reason);
        command.Options.Add(DeploymentOptions.AcceptServing);
        if (step is null or StepName.Preflight)
            command.Options.Add(DeploymentOptions.AcceptDrift);
        command.Validators.Add(result =>
        {
            if (step is null or StepName.Preflight && result.GetValue(DeploymentOptions.AcceptDrift) && string.IsNullOrEmpty(result.GetValue(DeploymentOptions.Reason)))
                result.AddError("--accept-drift needs --reason \"…\": it is recorded");
        });
        if (step is null)
            command.Options.Add(DeploymentOptions.Skip);
        else
            command.Options.Add(DeploymentOptions.ParkFor);
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => ActAsync(session, line, step)));
        return command;
    }

    internal static async Task<int> ActAsync(Session session, ParseResult line, StepName? step)
    {
        var request = new RunRequest(
            step,
            session.Run,
            session.Commit,
            line.GetValue(DeploymentOptions.Deployment) is { } id ? new DeploymentId(id) : null,
            step is null && (line.GetValue(DeploymentOptions.Skip) ?? []).Contains("backup"),
            line.GetValue(DeploymentOptions.Reason) ?? "",
            line.GetValue(DeploymentOptions.AcceptServing),
            step is null or StepName.Preflight && line.GetValue(DeploymentOptions.AcceptDrift),
            step is null ? TimeSpan.FromHours(72) : line.GetValue(DeploymentOptions.ParkFor));
        var end = await session.Pipeline.RunAsync(request, session.Signals.Cancellation);
        return session.Finish(end);
    }
}
