using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Runs;

/// <summary>What every step gets: the hold on the deployment, the clock, the story, and the only door to the world.</summary>
/// <param name="history">The deployment's entries when this process took it over; new entries are added as they are written.</param>
public sealed class RunContext(ILedgerHold hold, LedgerHistory history, IStory story, TimeProvider clock, RunCancellation cancellation)
{
    private readonly Lock _gate = new();
    private LedgerHistory _history = history;

    public ILedgerHold Hold { get; } = hold;

    public IStory Story { get; } = story;

    public TimeProvider Clock { get; } = clock;

    /// <summary>Graceful: start nothing new.</summary>
    public CancellationToken Cancellation { get; } = cancellation.Graceful;

    /// <summary>Forceful: give up what runs.</summary>
    public CancellationToken Force { get; } = cancellation.Forceful;

    /// <summary>All that is known of the deployment so far; grows with each entry.</summary>
    public LedgerHistory History
    {
        get
        {
            lock (_gate)
                return _history;
        }
    }

    /// <summary>The same run with other tokens: a rollback must not be stopped by the signal that caused it.</summary>
    public RunContext With(RunCancellation other) => new(Hold, History, Story, Clock, other);

    /// <summary>Writes one fact. It is durable when this returns.</summary>
    public async Task<LedgerEntry> RecordAsync(StepName? step, LedgerFact fact)
    {
        var entry = await Hold.AppendAsync(step, fact, Force);
        lock (_gate)
            _history = _history.With(entry);
        return entry;
    }

    /// <summary>Alters the world: writes "intended" with the way back, acts, writes "applied" or "failed".</summary>
    /// <param name="id">Stable across a resume: what this deployment has applied already is not done again.</param>
    /// <param name="act">Safe to repeat; gives the line that the ledger keeps. The hold is proved just before it.</param>
    /// <returns>False when the change had been applied before.</returns>
    public async Task<bool> ChangeAsync(StepName step, string id, Change change, Undo undo, Func<CancellationToken, Task<string>> act)
    {
        if (History.IsApplied(id))
            return false;
        if (!History.IsIntended(id))
            await RecordAsync(step, new LedgerFact.Intended(id, change, undo));
        var started = Clock.GetTimestamp();
        try
        {
            await Hold.EnsureHeldAsync(Force);
            var detail = await act(Force);
            await RecordAsync(step, new LedgerFact.Applied(id, detail, (long)Clock.GetElapsedTime(started).TotalMilliseconds));
            return true;
        }
        catch (ProblemException failure)
        {
            await RecordAsync(step, new LedgerFact.ChangeFailed(id, ProblemNote.Of(failure.Problem)));
            throw;
        }
    }
}
