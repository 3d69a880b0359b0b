using SafeDeploy.Ledger;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>What is left to do about a deployment whose process died.</summary>
public abstract record RecoveryWay
{
    private RecoveryWay() { }

    /// <summary>It has ended, and nobody but a person changes that end.</summary>
    public sealed record Leave(LedgerFact.Concluded End) : RecoveryWay;

    /// <summary>The release had passed its last step: only its commit or its conclusion is missing.</summary>
    public sealed record Finish(string Because) : RecoveryWay;

    /// <summary>It is a restore: what is unfinished of it is removed, and nothing else is moved.</summary>
    public sealed record EndRestore : RecoveryWay;

    /// <summary>Back, as the decision table says; a rollback that had begun goes on.</summary>
    public sealed record Back : RecoveryWay;
}

/// <summary>Reads from the ledger alone which way a recovery takes. Pure.</summary>
public static class RecoveryDecision
{
    public static RecoveryWay Of(LedgerHistory history)
    {
        // A rollback that stopped or could not prove itself is taken up again: its cause may have passed.
        // A forbidden one waits for a person; asking the table every few minutes would only fill the ledger.
        if (Standing(history) is { } end)
            return end.Conclusion is Conclusion.Incomplete or Conclusion.Unverified ? new RecoveryWay.Back() : new RecoveryWay.Leave(end);
        if (RestoreEnd.IsRestore(history))
            return new RecoveryWay.EndRestore();
        if (history.UnfinishedRollback() is not null)
            return new RecoveryWay.Back();
        if (history.IsCommitted)
            return new RecoveryWay.Finish("it was committed, and only its end was not written");
        return history.Plan is { Steps: [.., var last] } && history.IsDone(last)
            ? new RecoveryWay.Finish($"{last.Text()} had passed, and only the commit was not written")
            : new RecoveryWay.Back();
    }

    /// <summary>Whether this run of the CI began the environment's deployment, or holds it.</summary>
    public static bool IsOfRun(string runId, EnvironmentState state) =>
        state.Current is { } current && (current.Run.RunId == runId || state.Holder?.RunId == runId);

    /// <summary>The end that nothing came after; a take-over alone changes nothing.</summary>
    private static LedgerFact.Concluded? Standing(LedgerHistory history) =>
        history.Entries.LastOrDefault(e => e.Fact is not LedgerFact.TakenOver)?.Fact as LedgerFact.Concluded;
}
