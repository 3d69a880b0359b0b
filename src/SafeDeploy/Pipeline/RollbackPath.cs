using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>The way to a release that a person named, over the deployments between.</summary>
/// <param name="Between">Opened after the target's and before the current one; the oldest first.</param>
/// <param name="Over">The versions that are left, newest first.</param>
public sealed record RollbackPath(DeploymentSummary Target, ImmutableArray<LedgerHistory> Between, ImmutableArray<string> Over)
{
    /// <summary>What is undone, as one history; the current deployment's own where it started from the target.</summary>
    /// <exception cref="ProblemException">SD0819: no deployment saw the target serve.</exception>
    public LedgerHistory Past(LedgerHistory current, TargetState? live) => IsPlain(current)
        ? current
        : ComposedHistory.Of(Target.To, [.. Between, current], live) ?? throw new ProblemException(RollbackProblems.NotRecorded(Target));

    private bool IsPlain(LedgerHistory current) =>
        current is { Opened.From: { } from, End: null or { Conclusion: not (Conclusion.RolledBack or Conclusion.Refused) } }
        && from.Version == Target.To.Version && from.Digest == Target.To.Digest
        && (current.Snapshot?.Serving is not { } before || (before.Version == from.Version && before.Digest == from.Digest));
}

/// <summary>Finds the way that <c>rollback --to</c> names, or the one that an unfinished rollback was on.</summary>
public sealed class RollbackPaths(ILedgerStore ledger)
{
    // Further back than this nobody composes: the images and the rollback migrations of then are gone.
    private const int Furthest = 500;

    /// <param name="to">Version or digest; null = where an unfinished rollback was going, else no further than the release before.</param>
    /// <returns>Null path = the plain way back of the current deployment.</returns>
    public async Task<(RollbackPath? Path, Problem? Refusal)> FindAsync(EnvironmentState state, string? to, CancellationToken cancellation)
    {
        var current = new LedgerHistory(await ledger.ReadAsync(state.Current!.Id, cancellation));
        var unfinished = current.UnfinishedRollback();
        if (to is null)
            return (unfinished?.To is { } id ? await ReadAsync(state, new DeploymentId(id), cancellation) : null, null);
        var chain = await ChainAsync(state, cancellation);
        if (unfinished is not null && Begun(chain, unfinished, current) is { } begun)
        {
            return begun.To == to || begun.Digest == to
                ? (await ReadAsync(state, new DeploymentId(unfinished.To!), cancellation), null)
                : (null, RollbackProblems.AnotherBegun(state.Environment, begun.To, to));
        }

        return chain.Find(to) is { } target
            ? (await ReadAsync(state, target.Id, cancellation), null)
            : (null, RollbackProblems.Unreachable(state.Environment, chain, to));
    }

    /// <summary>The releases that a rollback may name, newest first.</summary>
    public async Task<ImmutableArray<DeploymentSummary>> TargetsAsync(EnvironmentState state, CancellationToken cancellation) =>
        (await ChainAsync(state, cancellation)).Targets;

    /// <summary>The way that the current deployment's unfinished rollback was on, or null when it has none or a plain one.</summary>
    public async Task<RollbackPath?> UnfinishedAsync(string environment, LedgerHistory current, CancellationToken cancellation) =>
        current.UnfinishedRollback()?.To is { } id
            ? await ReadAsync(await ledger.StateAsync(environment, cancellation), new DeploymentId(id), cancellation)
            : null;

    /// <summary>Where an unfinished rollback goes; null when a plain one has not decided yet, so that nothing was moved.</summary>
    private static (string To, string? Digest)? Begun(ReleaseChain chain, LedgerFact.RollbackClaimed claim, LedgerHistory current)
    {
        if (claim.To is { } id)
            return chain.All.FirstOrDefault(d => d.Id.Value == id) is { } target ? (target.To.Version, target.To.Digest) : (id, null);
        var claimed = current.Entries.Last(e => e.Fact is LedgerFact.RollbackClaimed).Sequence;
        var isOpen = current.Entries.LastOrDefault(e => e.Sequence > claimed && e.Fact is LedgerFact.RollbackDecided or LedgerFact.Concluded)?.Fact is LedgerFact.RollbackDecided;
        return isOpen ? ("the release before", null) : null;
    }

    private async Task<RollbackPath> ReadAsync(EnvironmentState state, DeploymentId target, CancellationToken cancellation)
    {
        var chain = await ChainAsync(state, cancellation);
        var between = ImmutableArray.CreateBuilder<LedgerHistory>();
        foreach (var deployment in chain.Since(target).Where(d => d.Id != state.Current!.Id))
            between.Add(new LedgerHistory(await ledger.ReadAsync(deployment.Id, cancellation)));
        return new RollbackPath(chain.All.First(d => d.Id == target), between.ToImmutable(), chain.Over(target));
    }

    private async Task<ReleaseChain> ChainAsync(EnvironmentState state, CancellationToken cancellation) =>
        ReleaseChain.Of(state, await ledger.HistoryAsync(state.Environment, Furthest, cancellation));
}
