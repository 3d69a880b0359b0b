using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Pipeline;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>restore</c>: says what would be lost, asks, and brings tenants back from a backup set.</summary>
public static class RestoreCommand
{
    private static readonly TimeSpan KeepNormally = TimeSpan.FromDays(7);

    private static readonly Option<bool> List = new("--list") { Description = "Prints the sets of this environment, newest first; changes nothing." };

    private static readonly Option<string?> Set = new("--set") { Description = "The set to restore from." };

    private static readonly Option<string[]> Tenant = new("--tenant") { Description = "A tenant to bring back; may be given several times." };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Does not ask; for where nobody can answer." };

    private static readonly Option<bool> DropExpired = new("--drop-expired")
    {
        Description = "Removes the schemas that keep restored tenants as they were, where their time is over.",
    };

    private static readonly Option<TimeSpan> KeepOld = new("--keep-old")
    {
        Description = "How long a tenant as it was is kept in a schema of its own (168h).",
        DefaultValueFactory = _ => KeepNormally,
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (Duration.TryParse(text) is { } time)
                return time;
            result.AddError($"--keep-old \"{text}\" is no duration; accepted: 250ms, 5s, 2m, 1h");
            return TimeSpan.Zero;
        },
    };

    public static Command Of(Invocation invocation)
    {
        var command = new Command("restore", "Brings tenants back from a backup: says what would be lost, asks, keeps what is there now.");
        foreach (var option in new Option[] { List, Set, Tenant, Yes, KeepOld, DropExpired, DeploymentOptions.Reason, DeploymentOptions.DryRun })
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            foreach (var name in result.GetValue(Tenant) ?? [])
                if (TenantSchema.TryParse(name, out var why) is null)
                    result.AddError($"--tenant \"{name}\" is no tenant: {why}");
        });
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => ActAsync(session, line)));
        return command;
    }

    private static async Task<int> ActAsync(Session session, ParseResult line)
    {
        var restore = session.Restore ?? throw new ProblemException(ManualRestoreProblems.NoStore());
        var cancellation = session.Signals.Cancellation.Graceful;
        if (line.GetValue(DropExpired))
            return session.Finish(await restore.DropExpiredAsync(session.Run, session.Signals.Cancellation));
        var tenants = (line.GetValue(Tenant) ?? []).Distinct(StringComparer.Ordinal).Select(Scope.Parse).ToImmutableArray();
        if (line.GetValue(List) || line.GetValue(Set) is not { } set || tenants.IsEmpty)
            return await ListAsync(session, restore, line.GetValue(List), cancellation);
        var plan = await restore.PlanAsync(set, tenants, cancellation);
        Tell(session, plan, isResult: line.GetValue(DeploymentOptions.DryRun));
        if (!plan.Refusals.IsEmpty)
            return session.Finish(RunEnd.Refused(plan.Refusals));
        if (line.GetValue(DeploymentOptions.DryRun))
            return (int)ExitCode.Done;
        var what = tenants.Length == 1 ? $"replacing \"{tenants[0].Schema}\"" : $"replacing {tenants.Length} tenants";
        if (!line.GetValue(Yes) && !session.Confirms(what, tenants[0].Schema))
            return session.Finish(RunEnd.Refused(ManualRestoreProblems.NotConfirmed(what)));
        var request = new RestoreRequest(session.Run, set, tenants, line.GetValue(DeploymentOptions.Reason) ?? "", line.GetValue(KeepOld));
        return session.Finish(await restore.RunAsync(request, session.Signals.Cancellation));
    }

    private static async Task<int> ListAsync(Session session, ManualRestore restore, bool isAsked, CancellationToken cancellation)
    {
        var sets = await restore.SetsAsync(cancellation);
        if (isAsked && session.WantsJson)
        {
            var document = new BackupSetsDocument(session.World.Config.EnvironmentName, [.. sets.Select(RestoreText.Line)]);
            session.Print(JsonSerializer.Serialize(document, SafeDeployJson.Default.BackupSetsDocument));
        }
        else if (isAsked)
        {
            session.Print(RestoreText.Of(session.World.Config.EnvironmentName, sets));
        }
        else
        {
            session.World.Story.Detail(RestoreText.Of(session.World.Config.EnvironmentName, [.. sets.Take(5)]).TrimEnd());
            return session.Finish(RunEnd.Refused(ManualRestoreProblems.NotChosen(sets.Length)));
        }

        return (int)ExitCode.Done;
    }

    /// <summary>As the result of a dry run on stdout; before a restore as part of the story.</summary>
    private static void Tell(Session session, RestorePlan plan, bool isResult)
    {
        if (isResult && session.WantsJson)
        {
            var document = new RestorePlanDocument(
                RestoreText.Line(plan.Set),
                [.. plan.Losses.Select(l => new RestoreLossLine(l.Schema, l.Exists, l.Written, l.Rows, l.Version, l.VersionNow))],
                [.. plan.Refusals.Select(Ledger.ProblemNote.Of)]);
            session.Print(JsonSerializer.Serialize(document, SafeDeployJson.Default.RestorePlanDocument));
        }
        else if (isResult)
        {
            session.Print(string.Concat(RestoreText.Of(plan).Select(l => $"{l}\n")));
        }
        else
        {
            foreach (var text in RestoreText.Of(plan))
                session.World.Story.Detail(text);
        }
    }
}
