using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Ledger;
using SafeDeploy.Pipeline;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>backup</c>: takes a set as a step of a deployment; <c>--verify</c> proves one that is there, and opens none.</summary>
public static class BackupCommand
{
    private static readonly Option<string?> Verify = new Option<string?>("--verify")
    {
        Description = "Proves a set that is there instead of taking one: checksum, list, or restore (into a scratch database, with the time it took).",
    }.AcceptOnlyFromAmong("checksum", "list", "restore");

    private static readonly Option<string?> Set = new("--set") { Description = "With --verify: the set; the newest of this environment unless named." };

    public static Command Of(Invocation invocation)
    {
        var command = RunCommand.Of(invocation, StepName.Backup, "backup", "A consistent, verified backup of every scope.");
        command.Options.Add(Verify);
        command.Options.Add(Set);
        command.Validators.Add(result =>
        {
            if (result.GetValue(Set) is not null && result.GetValue(Verify) is null)
                result.AddError("--set names a set to prove: give --verify too");
        });
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => line.GetValue(Verify) is { } level
            ? ProveAsync(session, line.GetValue(Set), Enum.Parse<BackupVerification>(level, ignoreCase: true))
            : RunCommand.ActAsync(session, line, StepName.Backup)));
        return command;
    }

    private static async Task<int> ProveAsync(Session session, string? set, BackupVerification level)
    {
        try
        {
            var proved = await new BackupProof(session.World).ProveAsync(set, level, session.Signals.Cancellation.Graceful);
            if (session.WantsJson)
                session.Print(JsonSerializer.Serialize(
                    new BackupProofDocument(RestoreText.Line(proved.Set), level.ToString().ToLowerInvariant(), proved.Took.TotalSeconds, proved.Sha256), SafeDeployJson.Default.BackupProofDocument));
            else
                session.Print(string.Create(CultureInfo.InvariantCulture,
                    $"{proved.Set.Name}: {proved.Set.Schemas} schemas, {proved.Set.Bytes / 1048576.0:0.0} MB, taken {proved.Set.TakenAt:u}\nproved by {level.ToString().ToLowerInvariant()} in {proved.Took.TotalSeconds:0.0} s; manifest sha256 {proved.Sha256}\n"));
            return (int)ExitCode.Done;
        }
        catch (ProblemException failure) when (failure.Problem.Info == PgDumpProblems.Damaged || failure.Problem.Info == PgDumpProblems.NotProved)
        {
            // It was asked and answered: the set is bad. Whatever else keeps it from being asked is a refusal.
            session.Tell(failure.Problem);
            return session.Finish(new RunEnd(null, ExitCode.Failed, failure.Problem.What, [failure.Problem], null, LedgerHistory.Empty));
        }
    }
}
