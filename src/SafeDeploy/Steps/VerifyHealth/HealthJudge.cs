using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>The questions that other steps ask about health; each answers null for well, else with the problem.</summary>
/// <param name="gates">The configured gates and <see cref="FrontGate"/>; may be empty.</param>
/// <param name="target">Null when no image is deployed.</param>
public sealed class HealthJudge(HealthSettings settings, ImmutableArray<IHealthGate> gates, IDeployTarget? target, TimeProvider clock)
{
    private readonly GateRounds _rounds = new(gates, settings, clock);

    /// <summary>All instances of the slot live, are ready and name the version.</summary>
    public async Task<Problem?> ReadyAsync(string slot, string? version, CancellationToken cancellation) => target is null || !await CanBeAskedAsync(slot, cancellation)
        ? null
        : await new ReadinessProbe(target, settings, clock).WaitAsync(slot, version, cancellation);

    /// <summary>A target without instances beside what serves answers for the slot that serves only.</summary>
    private async Task<bool> CanBeAskedAsync(string slot, CancellationToken cancellation) =>
        target is null or { StartsBeside: true } || (await target.StateAsync(cancellation)).Serving == slot;

    /// <summary>Ready, then the gates asked of the instances themselves, before any user reaches them.</summary>
    /// <param name="record">Writes readings to the ledger; null when nobody keeps them.</param>
    public async Task<Problem?> NewIsWellAsync(
        string slot, string version, LedgerHistory history, Func<LedgerFact.GateRead, Task>? record, CancellationToken cancellation) =>
        !await CanBeAskedAsync(slot, cancellation)
            ? null
            : await ReadyAsync(slot, version, cancellation) ?? await JudgeAsync("new", Scene(history, slot, version), record, cancellation);

    /// <summary>The gates through the front door, asked of what serves now: after public, after the canaries, after a rollback.</summary>
    /// <param name="version">The version that must answer; null = any.</param>
    public Task<Problem?> ServingIsWellAsync(
        string? version, LedgerHistory history, Func<LedgerFact.GateRead, Task>? record, CancellationToken cancellation) =>
        JudgeAsync("previous", Scene(history, null, version), record, cancellation);

    /// <summary>What a gate is told: the baseline and the snapshot of this deployment, when there are any.</summary>
    public GateScene Scene(LedgerHistory history, string? slot, string? version) =>
        new(slot, version, history.Snapshot?.Baseline, history.Snapshot, history.StartedAt ?? clock.GetUtcNow());

    private async Task<Problem?> JudgeAsync(
        string subject, GateScene scene, Func<LedgerFact.GateRead, Task>? record, CancellationToken cancellation)
    {
        var journal = record is null ? null : new GateJournal(subject, record);
        var verdict = await _rounds.DecideAsync(scene, journal is null ? null : journal.SeenAsync, cancellation);
        if (journal is not null)
            await journal.CloseAsync();
        return verdict is HealthVerdict.Unhealthy unhealthy ? HealthProblems.Unhealthy(subject, unhealthy, null) : null;
    }
}
