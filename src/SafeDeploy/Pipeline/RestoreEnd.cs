using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>The end of a restore whose process died. A restore is not taken forward or back by anybody but a person; only its remains are removed.</summary>
internal sealed class RestoreEnd(IRestoreMethod restore)
{
    /// <summary>True for a deployment that is a restore.</summary>
    public static bool IsRestore(LedgerHistory history) => history.Entries.Any(e => e.Step == StepName.Restore);

    /// <summary>What is to be written as the end; the world is as this says when it returns.</summary>
    public async Task<LedgerFact.Concluded> EndAsync(RunContext run)
    {
        var changes = run.History.Changes().ToList();
        if (changes.Any(c => c.Intended.Change is Change.RestoreDatabase))
        {
            // The ledger of a database that took the name ends in the same commit: whoever reads this one reads the former.
            var removed = await restore.AbandonAsync(run.Force);
            return End(false, $"nothing was restored; the database is as it was{(removed ? ", and the new one is removed" : "")}");
        }

        if (changes.Any(c => c.Intended.Change is Change.RestoreFiles && !c.Applied))
            return End(false, "files were not all put back; each is either as it was or as in the set");
        var tenants = changes.Where(c => c.Intended.Change is Change.RestoreScope).ToList();
        var done = tenants.Count(t => t.Applied || IsCommitted(run.History, (Change.RestoreScope)t.Intended.Change));
        return End(done == tenants.Count && done > 0, string.Create(CultureInfo.InvariantCulture,
            $"the process of the restore died; {done} of {tenants.Count} tenants that it began are restored, the others are as they were"));
    }

    /// <summary>A tenant's swap leaves its line in its own commit: it was done though nobody lived to say so.</summary>
    private static bool IsCommitted(LedgerHistory history, Change.RestoreScope change) => history.Entries.Any(e =>
        e.Fact is LedgerFact.Noted { Kind: "restored" } note && note.Text.StartsWith($"{change.Scope.Schema} from {change.Set}: ", StringComparison.Ordinal));

    private static LedgerFact.Concluded End(bool isRestored, string statement) =>
        new(isRestored ? Conclusion.Restored : Conclusion.Cancelled, (int)ExitCode.Done, statement, []);
}
