using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Runs;

namespace SafeDeploy.Ports;

/// <summary>Where the ledger lives: it survives the runner, and its lock decides who may work.</summary>
public interface ILedgerStore : IAsyncDisposable
{
    /// <summary>For messages, e.g. <c>schema safe_deploy of database "pos"</c>. Holds no secret.</summary>
    string Location { get; }

    /// <summary>Creates what is missing. Safe to repeat and to call from two processes at once.</summary>
    Task PrepareAsync(CancellationToken cancellation);

    /// <summary>Who works on the environment now. Reads only; works before <see cref="PrepareAsync"/> (then <see cref="HoldState.Free"/>).</summary>
    Task<EnvironmentState> StateAsync(string environment, CancellationToken cancellation);

    /// <summary>Asks for the right to work; never waits for another holder.</summary>
    Task<Acquisition> AcquireAsync(AcquireRequest request, CancellationToken cancellation);

    /// <summary>All entries of a deployment in order; empty when it does not exist.</summary>
    Task<ImmutableArray<LedgerEntry>> ReadAsync(DeploymentId deployment, CancellationToken cancellation);

    /// <summary>Newest first, at most <paramref name="limit"/>.</summary>
    Task<ImmutableArray<DeploymentSummary>> HistoryAsync(string environment, int limit, CancellationToken cancellation);
}

/// <summary>How a caller means to get the hold.</summary>
public enum AcquireMode
{
    /// <summary><c>run</c>, <c>preflight</c>: opens a new deployment where the environment is free (a concluded one of the same identity gives the next attempt); resumes the same identity's open one.</summary>
    Open,

    /// <summary>Single steps: as <see cref="Open"/>, but a concluded deployment of the same identity is answered with <see cref="Acquisition.AlreadyConcluded"/>.</summary>
    Continue,

    /// <summary><c>rollback</c>, <c>recover</c>: the environment's current deployment, open (dead, parked past its time, or of the same run id) or concluded; fences whoever held it.</summary>
    TakeOver,
}

/// <param name="Deployment">From <c>--deployment</c>; overrides the identity. Null normally.</param>
/// <param name="To">What is released; ignored by <see cref="AcquireMode.TakeOver"/>.</param>
/// <param name="TakeParked">TakeOver only: a person insists (<c>--take-over</c>) although the deployment is parked within its time.</param>
public sealed record AcquireRequest(
    AcquireMode Mode,
    string Project,
    DeploymentIdentity Identity,
    Release To,
    RunIdentity Run,
    DeploymentId? Deployment = null,
    bool TakeParked = false);

public abstract record Acquisition
{
    private Acquisition() { }

    /// <param name="IsNew">True when this call opened the deployment (its <see cref="LedgerFact.Opened"/> is written).</param>
    /// <param name="FencedEpoch">The epoch taken over, or null when nobody had to be fenced.</param>
    public sealed record Held(ILedgerHold Hold, bool IsNew, int? FencedEpoch) : Acquisition;

    /// <summary>Another run works, is parked, or died; <see cref="EnvironmentState.State"/> tells which.</summary>
    public sealed record Busy(EnvironmentState State) : Acquisition;

    public sealed record AlreadyConcluded(DeploymentSummary Deployment) : Acquisition;

    /// <summary>TakeOver with nothing to take: the environment has no deployment.</summary>
    public sealed record NothingThere : Acquisition;
}

/// <summary>The right to work on one deployment, renewed in the background until disposed.</summary>
public interface ILedgerHold : IAsyncDisposable
{
    DeploymentId Deployment { get; }

    string Environment { get; }

    int Epoch { get; }

    /// <summary>Fires when the hold is lost: fenced by another process, or not renewed in time. The holder then stops at once.</summary>
    CancellationToken Lost { get; }

    /// <summary>Appends one fact, fenced: fails with SD0203 when another process took over. Durable when it returns.</summary>
    Task<LedgerEntry> AppendAsync(StepName? step, LedgerFact fact, CancellationToken cancellation);

    /// <summary>Proves that nobody took over; called just before every Docker and front call.</summary>
    Task EnsureHeldAsync(CancellationToken cancellation);

    Task<ImmutableArray<LedgerEntry>> ReadAsync(CancellationToken cancellation);

    /// <summary>Writes <see cref="LedgerFact.Parked"/> and lets go; the deployment is alive until <paramref name="until"/>.</summary>
    Task ParkAsync(DateTimeOffset until, string after, CancellationToken cancellation);

    /// <summary>Writes the end and lets go. A rollback after a commit concludes a second time.</summary>
    Task ConcludeAsync(LedgerFact.Concluded end, CancellationToken cancellation);
}
