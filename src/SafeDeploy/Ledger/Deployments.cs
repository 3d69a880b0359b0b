using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>What makes two calls the same deployment: environment, the CI's run id, and what is released.</summary>
/// <param name="ReleaseFingerprint">Of version, image digest and migration set.</param>
public sealed record DeploymentIdentity(string Environment, string RunId, string ReleaseFingerprint)
{
    public string Key => $"{Environment}|{RunId}|{ReleaseFingerprint}";
}

/// <summary>A deployment in one line, for <c>history</c> and for the question "what was released last".</summary>
/// <param name="Conclusion">Null while it is open.</param>
public sealed record DeploymentSummary(
    DeploymentId Id,
    string Environment,
    string IdentityKey,
    int Attempt,
    Release? From,
    Release To,
    RunIdentity Run,
    DateTimeOffset OpenedAt,
    DateTimeOffset? ConcludedAt,
    Conclusion? Conclusion);

/// <summary>Whether somebody works on the environment.</summary>
public enum HoldState
{
    /// <summary>Nobody, and the last deployment is concluded.</summary>
    Free,

    /// <summary>A process works: its session lock is held and its heartbeat is fresh.</summary>
    Working,

    /// <summary>Between two steps or jobs, within its stated time: alive, nobody may take it.</summary>
    Parked,

    /// <summary>Its process is gone without concluding, or its parking time is over.</summary>
    Dead,
}

/// <param name="Current">The open deployment, or the last concluded one; null before the first.</param>
/// <param name="LastCommitted">The last deployment that reached its commit point and was not rolled back since; null before the first.</param>
/// <param name="HeartbeatAge">Since the holder last renewed; null when nobody ever held.</param>
public sealed record EnvironmentState(
    string Environment,
    int Epoch,
    HoldState State,
    DeploymentSummary? Current,
    DeploymentSummary? LastCommitted,
    TimeSpan? HeartbeatAge,
    DateTimeOffset? ParkedUntil)
{
    /// <summary>The run that holds, parked or last held the environment; it may be another than the one that opened <see cref="Current"/>. Null before the first.</summary>
    public RunIdentity? Holder { get; init; }
}
