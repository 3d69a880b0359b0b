using System.Collections.Immutable;
using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>The releases that served one after the other, as each deployment's <c>From</c> links them. Pure.</summary>
/// <param name="Served">Newest first; what a rollback went back past is not among them.</param>
/// <param name="NewestServes">The first of them serves now; false when a deployment after it is open or ended badly.</param>
public sealed record ReleaseChain(ImmutableArray<DeploymentSummary> All, ImmutableArray<DeploymentSummary> Served, bool NewestServes)
{
    /// <param name="all">The environment's deployments, newest first.</param>
    public static ReleaseChain Of(EnvironmentState state, ImmutableArray<DeploymentSummary> all)
    {
        var served = ImmutableArray.CreateBuilder<DeploymentSummary>();
        for (var at = state.LastCommitted; at is not null; at = Before(all, at))
            served.Add(at);
        var nothingAfter = state.Current is { } current
            && (current.Id == state.LastCommitted?.Id || current.Conclusion is Conclusion.RolledBack or Conclusion.Refused or Conclusion.Restored);
        return new ReleaseChain(all, served.ToImmutable(), nothingAfter);
    }

    /// <summary>What a rollback may name, newest first.</summary>
    public ImmutableArray<DeploymentSummary> Targets => NewestServes ? Served[1..] : Served;

    /// <summary>The newest target of that version or digest, or null.</summary>
    public DeploymentSummary? Find(string versionOrDigest) => Targets.FirstOrDefault(d => IsCalled(d, versionOrDigest));

    /// <summary>Whether the release that serves has that version or digest.</summary>
    public bool Serves(string versionOrDigest) => NewestServes && Served is [var newest, ..] && IsCalled(newest, versionOrDigest);

    public bool Knows(string versionOrDigest) => All.Any(d => IsCalled(d, versionOrDigest));

    /// <summary>Every deployment opened after the target, the oldest first; refused and rolled back ones may have left something too.</summary>
    public ImmutableArray<DeploymentSummary> Since(DeploymentId target) => [.. All.TakeWhile(d => d.Id != target).Reverse()];

    /// <summary>The versions that a way back to the target leaves, newest first.</summary>
    public ImmutableArray<string> Over(DeploymentId target) => [.. Served.TakeWhile(d => d.Id != target).Select(d => d.To.Version)];

    private static DeploymentSummary? Before(ImmutableArray<DeploymentSummary> all, DeploymentSummary at) => at.From is not { } from
        ? null
        : all.SkipWhile(d => d.Id != at.Id).Skip(1).FirstOrDefault(
            d => d.To.Version == from.Version && d.To.Digest == from.Digest && d.Conclusion is not (Conclusion.RolledBack or Conclusion.Refused or Conclusion.Restored));

    private static bool IsCalled(DeploymentSummary deployment, string name) => deployment.To.Version == name || deployment.To.Digest == name;
}
