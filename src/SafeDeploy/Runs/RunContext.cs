using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Runs;

/// <summary>What every step gets: the hold on the deployment, the clock, the story, and the only door to the world.</summary>
public sealed class RunContext
{
    private readonly Shared _shared;

    /// <param name="history">The deployment's entries when this process took it over; new entries are added as they are written.</param>
    public RunContext(ILedgerHold hold, LedgerHistory history, IStory story, TimeProvider clock, RunCancellation cancellation)
        : this(new Shared(hold, story, clock) { History = history }, cancellation)
    {
    }

    private RunContext(Shared shared, RunCancellation cancellation)
    {
        _shared = shared;
        Cancellation = cancellation.Graceful;
        Force = cancellation.Forceful;
    }

    public ILedgerHold Hold => _shared.Hold;

    public IStory Story => _shared.Story;

    public TimeProvider Clock => _shared.Clock;

    /// <summary>Graceful: start nothing new.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Forceful: give up what runs.</summary>
    public CancellationToken Force { get; }

    /// <summary>All that is known of the deployment so far; grows with each entry.</summary>
    public LedgerHistory History
    {
        get
        {
            lock (_shared)
                return _shared.History;
        }
    }

    /// <summary>The same run, the same history, other tokens: what must end earlier, or must not be stopped by the signal that caused it.</summary>
    public RunContext With(RunCancellation other) => new(_shared, other);

    private sealed class Shared(ILedgerHold hold, IStory story, TimeProvider clock)
    {
        public ILedgerHold Hold { get; } = hold;

        public IStory Story { get; } = story;

        public TimeProvider Clock { get; } = clock;

        public required LedgerHistory History { get; set; }
    }

    /// <summary>Reads the ledger again: migration engines write their lines inside their own transactions.</summary>
    public async Task RefreshAsync()
    {
        var entries = await Hold.ReadAsync(Force);
        lock (_shared)
            _shared.History = new LedgerHistory(entries);
    }

    /// <summary>Writes one fact. It is durable when this returns.</summary>
    public async Task<LedgerEntry> RecordAsync(StepName? step, LedgerFact fact)
    {
        var entry = await Hold.AppendAsync(step, fact, Force);
        lock (_shared)
            _shared.History = _shared.History.With(entry);
        return entry;
    }

    /// <summary>Keeps what a scope's own transaction could not: the locks it did not get, and that it failed.</summary>
    public async Task RecordAsync(StepName step, ScopeOutcome outcome)
    {
        foreach (var wait in outcome.LockWaits)
            await RecordAsync(step, new LedgerFact.LockWaited(outcome.Scope, wait.Version, wait.Lock, wait.HeldBy, (long)wait.Waited.TotalMilliseconds, wait.Attempt));
        if (outcome.Problem is { } problem)
            await RecordAsync(step, new LedgerFact.ScopeFailed(outcome.Scope, problem.Code, problem.What, outcome.Attempts));
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
