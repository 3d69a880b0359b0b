using SafeDeploy.Ledger;

namespace SafeDeploy.Pipeline;

/// <summary>What the post step of a CI job does about the environment's deployment. Pure.</summary>
public abstract record HookDecision
{
    private HookDecision() { }

    /// <param name="Because">One sentence for the log.</param>
    public sealed record Nothing(string Because) : HookDecision;

    /// <summary>It waits for another job; nobody may take it until then.</summary>
    public sealed record StaysParked(DateTimeOffset Until) : HookDecision;

    /// <summary>It is open and the configuration, or the job's own success, leaves the way on to a person.</summary>
    public sealed record LeftOpen(string Because) : HookDecision;

    /// <summary>Everything is done but the last line of the ledger.</summary>
    public sealed record CloseTheBooks : HookDecision;

    public sealed record GoBack : HookDecision;

    /// <param name="jobIsBad">The job failed or was cancelled, for whatever reason.</param>
    /// <param name="history">Of the environment's current deployment; empty when there is none.</param>
    public static HookDecision Of(string runId, bool jobIsBad, bool isAutomatic, EnvironmentState state, LedgerHistory history)
    {
        if (state.Current is not { } current || !RecoveryDecision.IsOfRun(runId, state))
            return new Nothing("no deployment of this run");
        if (state.State == HoldState.Free)
            return new Nothing($"deployment {current.Id} has ended");
        // After the commit point nothing goes back, whatever failed since: a chat message, a later step, the job.
        if (history.IsCommitted && !history.RollbackIsClaimed)
            return new CloseTheBooks();
        if (!jobIsBad)
            return state is { State: HoldState.Parked, ParkedUntil: { } until } ? new StaysParked(until) : new LeftOpen("the job succeeded, but the deployment has not ended");
        if (!isAutomatic)
            return new LeftOpen("rollback.automatic is false");
        return new GoBack();
    }
}
