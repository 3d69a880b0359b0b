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

    private static readonly Option<bool> Everything = new("--everything")
    {
        Description = "Every schema of the set, in a new database that takes the name of the live one; that one is kept.",
    };

    private static readonly Option<bool> Files = new("--files") { Description = "Configuration and media of the set; what is replaced goes into a safety set." };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Does not ask; for where nobody can answer." };

    private static readonly Option<bool> DropExpired = new("--drop-expired")
    {
        Description = "Removes the schemas and databases that keep what was restored as it was, where their time is over.",
    };

    private static readonly Option<TimeSpan> KeepOld = new("--keep-old")
    {
        Description = "How long a tenant or database as it was is kept (168h).",
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
        var command = new Command("restore", "Brings tenants, everything or files back from a backup: says what would be lost, asks, keeps what is there now.");
        foreach (var option in new Option[] { List, Set, Tenant, Everything, Files, Yes, KeepOld, DropExpired, DeploymentOptions.Reason, DeploymentOptions.DryRun })
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (new[] { result.GetValue(Tenant) is { Length: > 0 }, result.GetValue(Everything), result.GetValue(Files) }.Count(chosen => chosen) > 1)
                result.AddError("--tenant, --everything and --files are three restores: give one of them");
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
        var chosen = !tenants.IsEmpty || line.GetValue(Everything) || line.GetValue(Files);
        if (line.GetValue(List) || line.GetValue(Set) is not { } set || !chosen)
            return await ListAsync(session, restore, line.GetValue(List), cancellation);
        var request = new RestoreRequest(session.Run, set, tenants, line.GetValue(DeploymentOptions.Reason) ?? "", line.GetValue(KeepOld));
        return line.GetValue(Files) ? await FilesAsync(session, line, restore, request) : await SchemasAsync(session, line, restore, request);
    }

    private static async Task<int> SchemasAsync(Session session, ParseResult line, ManualRestore restore, RestoreRequest request)
    {
        var plan = await restore.PlanAsync(request.Set, request.Tenants, session.Signals.Cancellation.Graceful);
        Tell(session, plan, isResult: line.GetValue(DeploymentOptions.DryRun));
        var (what, word) = request.Tenants switch
        {
            [] => ($"replacing database \"{plan.Database}\"", plan.Database),
            [var one] => ($"replacing \"{one.Schema}\"", one.Schema),
            [var first, ..] => ($"replacing {request.Tenants.Length} tenants", first.Schema),
        };
        if (Answer(session, line, plan.Refusals, what, word) is { } answer)
            return answer;
        return session.Finish(request.Tenants.IsEmpty
            ? await restore.EverythingAsync(request, session.Signals.Cancellation)
            : await restore.RunAsync(request, session.Signals.Cancellation));
    }

    private static async Task<int> FilesAsync(Session session, ParseResult line, ManualRestore restore, RestoreRequest request)
    {
        var plan = await restore.PlanFilesAsync(request.Set, session.Signals.Cancellation.Graceful);
        var isResult = line.GetValue(DeploymentOptions.DryRun);
        if (isResult && session.WantsJson)
            session.Print(JsonSerializer.Serialize(RestoreText.Document(plan), SafeDeployJson.Default.RestoreFilesDocument));
        else
            TellLines(session, RestoreText.Of(plan), isResult);
        return Answer(session, line, plan.Refusals, $"replacing {plan.Changed.Length} files", "files")
            ?? session.Finish(await restore.FilesAsync(request, session.Signals.Cancellation));
    }

    /// <summary>The exit code where nothing is to be done: refused, only asked, or not confirmed.</summary>
    private static int? Answer(Session session, ParseResult line, ImmutableArray<Problem> refusals, string what, string word)
    {
        if (!refusals.IsEmpty)
            return session.Finish(RunEnd.Refused(refusals));
        if (line.GetValue(DeploymentOptions.DryRun))
            return (int)ExitCode.Done;
        return line.GetValue(Yes) || session.Confirms(what, word) ? null : session.Finish(RunEnd.Refused(ManualRestoreProblems.NotConfirmed(what)));
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
                [.. plan.Losses.Select(l => new RestoreLossLine(l.Schema, l.Exists, l.Written, l.Rows, l.Version, l.VersionNow, l.IsInSet))],
                plan.LeftBehind,
                [.. plan.Refusals.Select(Ledger.ProblemNote.Of)]);
            session.Print(JsonSerializer.Serialize(document, SafeDeployJson.Default.RestorePlanDocument));
        }
        else
        {
            TellLines(session, RestoreText.Of(plan), isResult);
        }
    }

    private static void TellLines(Session session, IEnumerable<string> lines, bool isResult)
    {
        if (isResult)
        {
            session.Print(string.Concat(lines.Select(l => $"{l}\n")));
            return;
        }

        foreach (var text in lines)
            session.World.Story.Detail(text);
    }
}
