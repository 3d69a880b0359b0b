using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Steps.Backup;

/// <summary>Takes one verified set before the schema is touched; a set that this deployment took already is verified and kept.</summary>
/// <param name="scopes">The shared schema and all tenants.</param>
/// <param name="needed">Deployments whose sets are never pruned, beside this one.</param>
public sealed class BackupStep(
    IBackupMethod method, BackupSettings settings, IReadOnlyList<Scope> scopes, BackupLabel label, Func<CancellationToken, Task<IEnumerable<string>>> needed) : IStep
{
    public StepName Name => StepName.Backup;

    public async Task<StepOutcome> RunAsync(RunContext run)
    {
        var set = SetName(label);
        if (await method.FindAsync(set, run.Cancellation) is null)
        {
            run.Story.Detail($"backing up {scopes.Count} schemas as {set} with {await method.ToolsAsync(run.Cancellation)}");
            // The folder is the truth, not the ledger's line: a set that is gone is taken again, under a new id.
            var id = run.History.IsApplied($"backup:{set}") ? $"backup:{set}:{run.Clock.GetUtcNow():yyyyMMddHHmmss}" : $"backup:{set}";
            await run.ChangeAsync(Name, id, new Change.TakeBackup(set), new Undo.Nothing(), async force =>
            {
                // A set that is given up alters nothing: the first signal is heard at once, not when the dump, or the lock it waits for, is done.
                using var either = CancellationTokenSource.CreateLinkedTokenSource(force, run.Cancellation);
                return Line(await method.TakeAsync(set, scopes, label, either.Token));
            });
        }
        else
        {
            run.Story.Detail($"{set} was taken earlier in this deployment; it is verified again and kept");
        }

        var receipt = await method.VerifyAsync(set, settings.Verify, run.Cancellation);
        await PruneAsync(run);
        return new StepOutcome.Succeeded($"{Line(receipt)}, verified by {receipt.VerifiedLevel}");
    }

    /// <summary>The deployment's own name, with what a directory can not hold replaced.</summary>
    public static string SetName(BackupLabel label) => string.Concat(
        $"{label.Project}-{label.Environment}-{label.Deployment}".Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')).TrimStart('.', '-');

    /// <summary>Only now, with a new set complete and verified, may old ones go. What can not be removed stops nothing.</summary>
    private async Task PruneAsync(RunContext run)
    {
        if (settings.Keep == BackupKeep.Default)
            return;
        try
        {
            var kept = (await needed(run.Cancellation)).Append(label.Deployment).ToHashSet(StringComparer.Ordinal);
            var verdicts = Retention.Judge(await method.SetsAsync(run.Cancellation), label, settings.Keep, kept, run.Clock.GetUtcNow());
            foreach (var old in verdicts.Where(v => v.Prune))
                await PruneAsync(run, old);
        }
        catch (ProblemException failure)
        {
            run.Story.Warning($"old sets were not pruned: {failure.Problem.Code} {failure.Problem.What}");
        }
    }

    private async Task PruneAsync(RunContext run, RetentionVerdict old)
    {
        await run.RecordAsync(Name, new LedgerFact.Noted("backup pruned", $"{old.Set.Name}: {old.Why}"));
        await method.DeleteAsync(old.Set.Name, run.Cancellation);
        run.Story.Detail($"pruned {old.Set.Name}: {old.Why}");
    }

    private static string Line(BackupReceipt receipt) => string.Create(CultureInfo.InvariantCulture,
        $"{receipt.Scopes.Length} schemas in {receipt.Parts} parts, {receipt.Bytes / 1048576.0:0.0} MB, at {receipt.Location}, manifest sha256 {receipt.Sha256}");
}
