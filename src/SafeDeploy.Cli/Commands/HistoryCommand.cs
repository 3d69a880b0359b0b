using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Ledger;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>history</c>: the environment's deployments, newest first.</summary>
public static class HistoryCommand
{
    private static readonly Option<int> Limit = new("--limit") { Description = "How many at the most.", DefaultValueFactory = _ => 20 };

    public static Command Of(Invocation invocation)
    {
        var command = new Command("history", "The environment's deployments, newest first.");
        command.Options.Add(Limit);
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => ActAsync(session, line.GetValue(Limit))));
        return command;
    }

    private static async Task<int> ActAsync(Session session, int limit)
    {
        var environment = session.World.Config.EnvironmentName;
        var all = await session.World.Ledger.HistoryAsync(environment, limit, session.Signals.Cancellation.Graceful);
        if (session.WantsJson)
            session.Print(JsonSerializer.Serialize(new HistoryDocument(environment, all), SafeDeployJson.Default.HistoryDocument));
        else
            session.Print(all.IsEmpty ? $"environment {environment} has no deployment\n" : string.Concat(all.Select(Line)));
        return (int)ExitCode.Done;
    }

    private static string Line(DeploymentSummary one) => string.Create(
        CultureInfo.InvariantCulture,
        $"{one.OpenedAt:u}  {Word(one.Conclusion),-11}  {one.From?.Version ?? "nothing"} → {one.To.Display}  {one.Id}  {one.Run.Url?.ToString() ?? one.Run.RunId} by {one.Run.Actor}\n");

    private static string Word(Conclusion? conclusion) => conclusion is { } end
        ? JsonSerializer.Serialize(end, SafeDeployJson.Default.Conclusion).Trim('"')
        : "open";
}
