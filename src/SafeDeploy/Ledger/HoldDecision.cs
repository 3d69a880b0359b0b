using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>What an <see cref="AcquireRequest"/> comes to, given the environment as it is; the same rule for every store.</summary>
public abstract record HoldDecision
{
    private HoldDecision() { }

    /// <param name="IdentityKey">Unique together with the attempt.</param>
    public sealed record OpenNew(DeploymentId Deployment, string IdentityKey, int Attempt) : HoldDecision;

    /// <param name="Fences">The former holder did not let go by itself.</param>
    /// <param name="Tells">A <see cref="LedgerFact.TakenOver"/> is written: somebody was fenced, or another run goes on.</param>
    public sealed record Resume(DeploymentSummary Deployment, bool Fences, bool Tells) : HoldDecision;

    public sealed record Answer(Acquisition Acquisition) : HoldDecision;

    /// <param name="ofIdentity">The last attempt of the request's identity (or the deployment it names), or null.</param>
    public static HoldDecision Of(AcquireRequest request, EnvironmentState state, DeploymentSummary? ofIdentity) =>
        request.Mode == AcquireMode.TakeOver ? TakeOver(request, state) : Enter(request, state, ofIdentity);

    private static HoldDecision Enter(AcquireRequest request, EnvironmentState state, DeploymentSummary? mine)
    {
        if (mine is { Conclusion: not null } && request.Mode == AcquireMode.Continue)
            return new Answer(new Acquisition.AlreadyConcluded(mine));
        if (state.State == HoldState.Free)
            return New(request, mine);
        var isMine = mine is not null && state.Current?.Id == mine.Id;
        if (!isMine || state.State == HoldState.Working)
            return new Answer(new Acquisition.Busy(state));
        var letGo = state.ParkedUntil is not null;
        return new Resume(mine!, Fences: !letGo, Tells: !letGo);
    }

    private static OpenNew New(AcquireRequest request, DeploymentSummary? mine)
    {
        var attempt = (mine?.Attempt ?? 0) + 1;
        if (request.Deployment is not { } named)
            return new OpenNew(DeploymentIds.Of(request.Identity, attempt), request.Identity.Key, attempt);
        return mine is null
            ? new OpenNew(named, DeploymentIds.NamedKey(request.Identity.Environment, named), 1)
            : new OpenNew(NextOf(mine, attempt), mine.IdentityKey, attempt);
    }

    private static DeploymentId NextOf(DeploymentSummary mine, int attempt)
    {
        var suffix = FormattableString.Invariant($".{mine.Attempt}");
        var name = mine.Attempt > 1 && mine.Id.Value.EndsWith(suffix, StringComparison.Ordinal)
            ? mine.Id.Value[..^suffix.Length]
            : mine.Id.Value;
        return DeploymentIds.Of(new DeploymentId(name), attempt);
    }

    private static HoldDecision TakeOver(AcquireRequest request, EnvironmentState state)
    {
        if (state.Current is not { } current)
            return new Answer(new Acquisition.NothingThere());
        if (!MayTake(request, state, current))
            return new Answer(new Acquisition.Busy(state));
        var letGo = state.State == HoldState.Free || state.ParkedUntil is not null;
        var anotherRun = current.Run.RunId != request.Run.RunId;
        return new Resume(current, Fences: !letGo, Tells: !letGo || anotherRun || state.State == HoldState.Free);
    }

    private static bool MayTake(AcquireRequest request, EnvironmentState state, DeploymentSummary current) => state.State switch
    {
        HoldState.Free or HoldState.Dead => true,
        HoldState.Parked => request.TakeParked || SameRun(request.Run, state.Holder ?? current.Run),
        // Two people at two terminals both are "local": nobody's work is ended because of that word.
        HoldState.Working => request.Run.RunId != LocalRun && SameRun(request.Run, state.Holder ?? current.Run),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state.State, null),
    };

    private const string LocalRun = "local";

    private static bool SameRun(RunIdentity mine, RunIdentity theirs) =>
        mine.RunId == theirs.RunId && (mine.RunId != LocalRun || (mine.Host == theirs.Host && mine.Actor == theirs.Actor));
}
