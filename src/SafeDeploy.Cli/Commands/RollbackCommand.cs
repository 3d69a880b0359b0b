using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Ledger;
using SafeDeploy.Pipeline;
using SafeDeploy.Ports;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>rollback</c>: decides, explains, executes, verifies; <c>--dry-run</c> stops after explaining.</summary>
public static class RollbackCommand
{
    private static readonly Option<string?> To = new("--to")
    {
        Description = "Goes back over several releases: a version (or image digest) that served before; history lists them.",
    };

    private const int Shown = 5;

    private static readonly Option<bool> List = new("--list") { Description = "Prints the newest five releases to go back to and the newest five backup sets; changes nothing." };

    public static Command Of(Invocation invocation)
    {
        var command = new Command("rollback", "Decides the way back from the ledger and the live world, takes it, proves it.");
        command.Options.Add(List);
        command.Options.Add(To);
        command.Options.Add(DeploymentOptions.Reason);
        command.Options.Add(DeploymentOptions.TakeOver);
        command.Options.Add(DeploymentOptions.DryRun);
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => ActAsync(session, line)));
        return command;
    }

    private static async Task<int> ActAsync(Session session, ParseResult line)
    {
        if (line.GetValue(List))
            return await ListAsync(session, session.Signals.Cancellation.Graceful);
        var manual = new ManualRollback(session.World, session.Rollback);
        if (line.GetValue(DeploymentOptions.DryRun))
            return session.Finish(await manual.DecideAsync(line.GetValue(To), session.Signals.Cancellation.Graceful));
        var request = new ManualRollbackRequest(session.Run, line.GetValue(DeploymentOptions.Reason) ?? "", line.GetValue(DeploymentOptions.TakeOver), line.GetValue(To));
        return session.Finish(await manual.RunAsync(request, session.Signals.Cancellation), rolledBackIsDone: true);
    }

    private static async Task<int> ListAsync(Session session, CancellationToken cancellation)
    {
        var environment = session.World.Config.EnvironmentName;
        var releases = await new ManualRollback(session.World, session.Rollback).TargetsAsync(cancellation);
        ImmutableArray<BackupSet> sets = session.Restore is { } restore ? await restore.SetsAsync(cancellation) : [];
        var (newestReleases, newestSets) = (releases.Take(Shown).ToImmutableArray(), sets.Take(Shown).ToImmutableArray());
        session.Print(session.WantsJson
            ? JsonSerializer.Serialize(new RollbackChoicesDocument(environment, newestReleases, [.. newestSets.Select(RestoreText.Line)]), SafeDeployJson.Default.RollbackChoicesDocument)
            : Text(environment, newestReleases, newestSets));
        return (int)ExitCode.Done;
    }

    private static string Text(string environment, ImmutableArray<DeploymentSummary> releases, ImmutableArray<BackupSet> sets) =>
        (releases.IsEmpty ? $"environment {environment} has no release to go back to\n" : $"releases to go back to with safe-deploy rollback --to VERSION:\n{string.Concat(releases.Select(Line))}")
        + (sets.IsEmpty ? $"environment {environment} has no backup set\n" : $"backup sets, restored by safe-deploy restore alone:\n{RestoreText.Of(environment, sets)}")
        + "afterwards the environment stays there until a release is deployed again: safe-deploy run\n";

    private static string Line(DeploymentSummary release) => string.Create(
        CultureInfo.InvariantCulture, $"{release.OpenedAt:u}  {release.To.Display}  {release.Id} by {release.Run.Actor}\n");
}
