using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Ledger;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>status</c>: who works on the environment, and what its current deployment did.</summary>
public static class StatusCommand
{
    public static Command Of(Invocation invocation)
    {
        var command = new Command("status", "Who works on the environment, and what its last deployment did.");
        command.Options.Add(DeploymentOptions.Deployment);
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => ActAsync(session, line)));
        return command;
    }

    private static async Task<int> ActAsync(Session session, ParseResult line)
    {
        var cancellation = session.Signals.Cancellation.Graceful;
        var state = await session.World.Ledger.StateAsync(session.World.Config.EnvironmentName, cancellation);
        var id = line.GetValue(DeploymentOptions.Deployment) is { } named ? new DeploymentId(named) : state.Current?.Id;
        var report = id is { } deployment
            ? RunReport.Of(deployment, new LedgerHistory(await session.World.Ledger.ReadAsync(deployment, cancellation)))
            : null;
        if (session.WantsJson)
            session.Print(JsonSerializer.Serialize(Document(state, report), SafeDeployJson.Default.StatusDocument));
        else
            session.Print(Text(state, report));
        return (int)ExitCode.Done;
    }

    private static StatusDocument Document(EnvironmentState state, RunReport? report) => new(
        state.Environment, Word(state.State), state.Epoch, state.HeartbeatAge?.TotalSeconds, state.ParkedUntil, state.LastCommitted?.To.Display, report);

    private static string Text(EnvironmentState state, RunReport? report)
    {
        var until = state.ParkedUntil is { } time && state.State == HoldState.Parked ? string.Create(CultureInfo.InvariantCulture, $" until {time:u}") : "";
        var head = $"environment {state.Environment}: {Word(state.State)}{until}; released last: {state.LastCommitted?.To.Display ?? "nothing"}\n";
        return report is null ? head : head + TextReport.Render(report);
    }

    private static string Word(HoldState state) => state switch
    {
        HoldState.Free => "free",
        HoldState.Working => "working",
        HoldState.Parked => "parked",
        _ => "dead",
    };
}
