using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Steps.Backup;

/// <summary>Takes one verified set before the schema is touched; a set that this deployment took already is verified and kept.</summary>
/// <param name="scopes">The shared schema and all tenants.</param>
public sealed class BackupStep(IBackupMethod method, BackupSettings settings, IReadOnlyList<Scope> scopes, BackupLabel label) : IStep
{
    public StepName Name => StepName.Backup;

    public async Task<StepOutcome> RunAsync(RunContext run)
    {
        var set = SetName(label);
        if (await method.FindAsync(set, run.Cancellation) is null)
        {
            run.Story.Detail($"backing up {scopes.Count} schemas as {set}");
            // The folder is the truth, not the ledger's line: a set that is gone is taken again, under a new id.
            var id = run.History.IsApplied($"backup:{set}") ? $"backup:{set}:{run.Clock.GetUtcNow():yyyyMMddHHmmss}" : $"backup:{set}";
            await run.ChangeAsync(Name, id, new Change.TakeBackup(set), new Undo.Nothing(), async cancellation =>
                Line(await method.TakeAsync(set, scopes, label, cancellation)));
        }
        else
        {
            run.Story.Detail($"{set} was taken earlier in this deployment; it is verified again and kept");
        }

        var receipt = await method.VerifyAsync(set, settings.Verify, run.Cancellation);
        return new StepOutcome.Succeeded($"{Line(receipt)}, verified by {receipt.VerifiedLevel}");
    }

    /// <summary>The deployment's own name, with what a directory can not hold replaced.</summary>
    public static string SetName(BackupLabel label) => string.Concat(
        $"{label.Project}-{label.Environment}-{label.Deployment}".Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')).TrimStart('.', '-');

    private static string Line(BackupReceipt receipt) => string.Create(CultureInfo.InvariantCulture,
        $"{receipt.Scopes.Length} schemas in {receipt.Parts} parts, {receipt.Bytes / 1048576.0:0.0} MB, at {receipt.Location}");
}
